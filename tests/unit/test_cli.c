/* The program as a user meets it: the command line in a world in memory. What it prints, how it ends, what it leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cli/cli.h"
#include "cli_kit.h"
#include "kc/hash.h"
#include "kc/json.h"
#include "kc/value.h"
#include "world_test.h"

static struct test_world *t;
static struct arena *a;

/* A network small enough to run in milliseconds. */
static const char *const small =
    "import \"std/aws/ec2\" as ec2\n"
    "param name: string = \"lab\"\n"
    "ec2.Vpc lab { cidr_block = 10.30.0.0/16, tags = { Name = name } }\n"
    "ec2.Subnet net { vpc = lab.id, zone = \"us-east-1a\", cidr_block = 10.30.0.0/24 }\n"
    "out vpc = lab.id\n";

static int setup(void **state)
{
    (void)state;
    t = test_world_new();
    a = test_world_arena(t);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_world_free(t);
    return 0;
}

static int kc(const char *line)
{
    return cli_run(t, line);
}

static bool said(struct str where, const char *part)
{
    return str_find(where, str_of(part)) != SIZE_MAX;
}

static void expect(int line, const char *command, int code, const char *out, const char *err)
{
    int got = kc(command);
    struct str o = test_world_out(t), e = test_world_err(t);

    if (got != code || (out && !said(o, out)) || (err && !said(e, err)))
        fail_msg("line %d: kc %s: exit %d, expected %d with \"%s\" and \"%s\"\n--- out\n%.*s\n--- err\n%.*s", line, command, got, code, out ? out : "", err ? err : "",
                 STR_ARG(o), STR_ARG(e));
}
#define EXPECT(command, code, out, err) expect(__LINE__, command, code, out, err)

static void write_small(void)
{
    test_world_put(t, "/home/test/cluster.kcl", str_of(small));
}

/* ---- usage ---- */
static void slips_of_usage_are_explained(void **state)
{
    (void)state;
    EXPECT("aply", 64, NULL, "kc: unknown command `aply`; did you mean `kc apply`?\n");
    EXPECT("apply --yess", 64, NULL, "kc: unknown flag `--yess`; did you mean `--yes`?\n");
    EXPECT("check --yes", 64, NULL, "`kc check` has no flag `--yes`; see `kc help check`");
    EXPECT("plan --stack", 64, NULL, "`--stack` needs a value: `--stack NAME`");
    EXPECT("plan --set env", 64, NULL, "`--set env`: write `--set name=value`");
    EXPECT("plan a.kcl b.kcl", 64, NULL, "`b.kcl` is too much");
    EXPECT("cluster.kcl", 64, NULL, "is a file, not a command; did you mean `kc plan cluster.kcl`?");
    EXPECT("plan --sandbox-speed fast", 64, NULL, "`--sandbox-speed` is a number");
    EXPECT("plan --refresh=maybe", 64, NULL, "`--refresh` is true or false");
    EXPECT("plan --format dot", 64, NULL, "`kc plan` prints text or json");
    EXPECT("state", 64, NULL, "`kc state` needs: list | show ADDRESS");
    EXPECT("state drop x", 64, NULL, "write `kc state list`");
    EXPECT("plan -y", 64, NULL, "flags have long names");
    EXPECT("token", 64, NULL, "needs `--cluster NAME`");
    test_world_env(t, "KC_SANDBOX_SPEED", "x");
    EXPECT("plan", 64, NULL, "not `x`");
}

static void help_names_everything(void **state)
{
    (void)state;
    EXPECT("", 0, "kc apply      [FILE]", NULL);
    EXPECT("help plan", 0, "--exit-code", NULL);
    EXPECT("plan --help", 0, "--sandbox-speed N", NULL);
    EXPECT("help nothing", 64, NULL, "no command `nothing`");
    EXPECT("version", 0, "kc ", NULL);
    EXPECT("--version", 0, "kc ", NULL);
    EXPECT("version --json", 0, "\"version\"", NULL);
    EXPECT("explain E0302", 0, "E0302: no such field", NULL);
    EXPECT("explain E302", 1, NULL, "there is no error code `E302`");
}

/* ---- which file, which stack ---- */
static void the_file_is_found_or_asked_for(void **state)
{
    (void)state;
    EXPECT("check", 1, NULL, "there is no .kcl file here");
    EXPECT("check missing.kcl", 1, NULL, "missing.kcl cannot be read: no such file");
    test_world_put(t, "a.kcl", STR("let x = 1\n"));
    EXPECT("check", 0, NULL, NULL);
    assert_int_equal(test_world_err(t).n + test_world_out(t).n, 0);
    test_world_put(t, "b.kcl", STR("let x = \n"));
    EXPECT("check", 1, NULL, "name one of them: `a.kcl`, `b.kcl`");
    EXPECT("check a.kcl", 0, NULL, NULL);
    EXPECT("check b.kcl", 1, NULL, "b.kcl:1:");
    EXPECT("check a.kcl --stack ../x", 1, NULL, "cannot name a stack");
    EXPECT("check a.kcl --root /nowhere", 1, NULL, "`/nowhere` cannot be used");
}

static void files_that_cannot_be_used_are_named(void **state)
{
    size_t n = (4u << 20) + 1;
    char *big = arena_alloc(a, n);

    (void)state;
    memset(big, ' ', n);
    test_world_put(t, "/home/test/cluster.kcl", (struct str){ big, n });
    EXPECT("check", 1, NULL, "4 MiB");
    test_world_put(t, "/home/test/cluster.kcl", STR("let x = 1\n"));
    test_world_deny(t, "/home/test/cluster.kcl", DISK_DENIED);
    EXPECT("check", 1, NULL, "permission denied");
    test_world_put(t, "/home/test/link.kcl", STR("import \"out\"\n"));
    test_world_put(t, "/etc/secret.kcl", STR("let x = 1\n"));
    test_world_link(t, "/home/test/out.kcl", "/etc/secret.kcl");
    EXPECT("check link.kcl --root /home/test", 1, NULL, "outside the project");
    test_world_put(t, "/home/test/up.kcl", STR("import \"../../etc/secret\"\n"));
    EXPECT("check up.kcl --root /home/test", 1, NULL, "up.kcl:1");
}

/* ---- check ---- */
static void mistakes_are_shown_with_their_place(void **state)
{
    struct str why;

    (void)state;
    test_world_put(t, "/home/test/cluster.kcl", STR("import \"std/aws/ec2\" as ec2\nec2.Vpc lab { cidr_blok = 10.30.0.0/16 }\n"));
    EXPECT("check", 1, NULL, "cluster.kcl:2:");
    assert_true(said(test_world_err(t), "`cidr_block`"));
    assert_int_equal(test_world_out(t).n, 0);
    assert_false(said(test_world_err(t), "\033["));
    EXPECT("validate --json", 1, "\"code\"", NULL);
    struct str rest = test_world_out(t), line;
    while (str_cut(&rest, '\n', &line) && line.n)
        assert_non_null(json_read(a, line, 0, &why));
    test_world_tty(t, true, 100);
    EXPECT("check", 1, NULL, "\033[");
    test_world_env(t, "NO_COLOR", "1");
    kc("check");
    assert_false(said(test_world_err(t), "\033["));
}

static void parameters_come_from_flags_and_environment(void **state)
{
    (void)state;
    write_small();
    EXPECT("plan --sandbox --set nam=x", 1, NULL, "nam");
    EXPECT("plan --sandbox --all --set name=from-flag", 0, "from-flag", NULL);
    test_world_env(t, "KC_PARAM_name", "from-env");
    EXPECT("plan --sandbox --all", 0, "from-env", NULL);
    EXPECT("plan --sandbox --all --set name=from-flag", 0, "from-flag", NULL);
    test_world_env(t, "KC_SANDBOX", "true");
    EXPECT("plan --all", 0, "from-env", NULL);
    EXPECT("version", 0, "kc ", NULL);                      /* a variable for another command is no mistake */
}

/* ---- plan, apply, destroy on the simulated AWS ---- */
static void a_stack_lives_its_life(void **state)
{
    struct str text;

    (void)state;
    write_small();
    EXPECT("plan --sandbox", 0, "2 to create", NULL);
    EXPECT("plan --sandbox --exit-code", 2, "Stack cluster, account 111122223333 (simulated)", NULL);
    assert_false(test_world_file(t, "/home/test/.kc/sandbox/stacks/cluster/state.json", &text));
    EXPECT("apply --sandbox --sandbox-speed 0", 1, "Only `yes` is taken", "nothing was changed");
    test_world_type(t, "no");
    EXPECT("apply --sandbox --sandbox-speed 0", 1, NULL, "nothing was changed");
    test_world_type(t, "yes");
    EXPECT("apply --sandbox --sandbox-speed 0", 0, "lab: created in ", NULL);
    assert_true(said(test_world_out(t), "Outputs:\n  vpc = \"vpc-"));
    EXPECT("plan --sandbox --exit-code", 0, "No changes.", NULL);
    EXPECT("state list --sandbox", 0, "lab  ready     vpc-", NULL);
    EXPECT("state list --sandbox --json", 0, "\"address\": \"lab\"", NULL);
    EXPECT("state show lab --sandbox", 0, "cidr_block = 10.30.0.0/16", NULL);
    EXPECT("state show vpc --sandbox", 0, "vpc-", NULL);
    EXPECT("state show lav --sandbox", 1, NULL, "did you mean `lab`?");
    EXPECT("plan --sandbox --set name=other", 0, "note: parameter `name` was \"lab\" at the last apply and is \"other\" now", NULL);
    EXPECT("apply --sandbox --sandbox-speed 0 --yes --set name=other", 0, "1 updated in ", NULL);
    EXPECT("destroy --sandbox --sandbox-speed 0 --yes", 0, "lab: deleted in ", NULL);
    EXPECT("state list --sandbox", 0, NULL, "nothing is recorded");
    EXPECT("apply --sandbox --sandbox-speed 0 --yes", 0, "lab: created in ", NULL);
}

static void destroy_needs_no_file_that_works(void **state)
{
    (void)state;
    write_small();
    EXPECT("apply --sandbox --sandbox-speed 0 --yes", 0, NULL, NULL);
    test_world_put(t, "/home/test/cluster.kcl", STR("this is broken\n"));
    EXPECT("plan --sandbox", 1, NULL, "cluster.kcl:1");
    EXPECT("destroy --sandbox --sandbox-speed 0 --yes", 0, "lab: deleted in ", NULL);
    EXPECT("destroy --sandbox --sandbox-speed 0 --yes --stack nothing", 0, "No changes.", NULL);
}

static void output_for_programs_is_json_alone(void **state)
{
    const struct value *v;
    struct str why = STR_NONE;

    (void)state;
    write_small();
    EXPECT("plan --sandbox --json", 0, "\"version\"", NULL);
    assert_non_null(json_read(a, test_world_out(t), 0, &why));
    EXPECT("graph --json", 0, "\"version\"", NULL);
    assert_non_null(json_read(a, test_world_out(t), 0, &why));
    EXPECT("graph --format dot", 0, "digraph", NULL);
    EXPECT("graph", 0, "lab", NULL);
    EXPECT("apply --sandbox --sandbox-speed 0 --yes --json", 0, NULL, NULL);
    v = json_read(a, test_world_out(t), 0, &why);
    if (!v)
        fail_msg("%.*s\n%.*s", STR_ARG(why), STR_ARG(test_world_out(t)));
    assert_true(value_get(v, STR("exit_code"))->i == 0 && value_get(v, STR("operations"))->list.n == 2);
}

static void stacks_and_folders_are_kept_apart(void **state)
{
    struct str text;

    (void)state;
    write_small();
    EXPECT("apply --sandbox --sandbox-speed 0 --yes --stack eu/prod --state-dir /var/kc", 0, NULL, NULL);
    assert_true(test_world_file(t, "/var/kc/sandbox/stacks/eu/prod/state.json", &text) || test_world_file(t, "/var/kc/sandbox/stacks/eu/prod/journal", &text));
    EXPECT("state list --sandbox --stack eu/prod --state-dir /var/kc", 0, "lab", NULL);
    EXPECT("state list --sandbox", 0, NULL, "nothing is recorded for stack `cluster`");
}

static void progress_on_a_terminal_is_redrawn(void **state)
{
    (void)state;
    write_small();
    test_world_tty(t, true, 120);
    EXPECT("apply --sandbox --sandbox-speed 0 --yes", 0, "\033[", NULL);
    assert_true(said(test_world_out(t), "] "));
    assert_true(said(test_world_out(t), "of about "));
    test_world_env(t, "TERM", "dumb");
    EXPECT("destroy --sandbox --sandbox-speed 0 --yes", 0, "lab: deleted in ", NULL);
    assert_false(said(test_world_out(t), "\033["));
}

/* ---- what can go wrong around it ---- */
static void another_account_region_or_file_needs_a_word(void **state)
{
    (void)state;
    write_small();
    EXPECT("apply --sandbox --sandbox-speed 0 --yes --stack s --region eu-west-1 --set name=x", 1, NULL, NULL);    /* the zone is of another region */
    EXPECT("destroy --sandbox --sandbox-speed 0 --yes --stack s --region eu-west-1", 0, NULL, NULL);
    EXPECT("plan --sandbox --stack s --region us-east-1", 6, NULL, "region: then `eu-west-1`, now `us-east-1`");
    EXPECT("plan --sandbox --stack s --region us-east-1 --accept-stack-change", 0, "2 to create", NULL);
}

static void regions_are_checked(void **state)
{
    (void)state;
    write_small();
    EXPECT("plan --sandbox --region us-esat-1", 1, NULL, "did you mean `us-east-1`?");
    EXPECT("plan --region mars", 1, NULL, "`mars` is not an AWS region");
}

static void deny(void *user, const struct http_request *rq, struct arena *mem, struct http_reply *out)
{
    (void)user;
    (void)rq;
    (void)mem;
    out->code = 403;
    out->body = STR("<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>The security token included in the request is invalid."
                    "</Message></Error><RequestId>req-7</RequestId></ErrorResponse>");
}

static void credentials_are_asked_for_clearly(void **state)
{
    const struct test_request *rq;

    (void)state;
    write_small();
    EXPECT("plan --region us-east-1", 5, NULL, "no AWS credentials");
    assert_true(said(test_world_err(t), "--sandbox"));
    assert_int_equal(test_world_requests(t, &rq), 1);      /* this machine itself was asked, past any proxy */
    assert_true(str_is(rq->rq.url, "http://169.254.169.254/latest/api/token") && rq->rq.direct);
    EXPECT("plan --region us-east-1 --profile ops", 5, NULL, "profile `ops` (from --profile) is neither in");
    test_world_env(t, "AWS_ACCESS_KEY_ID", "AKID");
    test_world_env(t, "AWS_SECRET_ACCESS_KEY", "s");
    EXPECT("plan --region us-east-1", 1, NULL, "could not resolve the host name");
    test_world_answer(t, deny, NULL);
    EXPECT("apply --yes --region us-east-1", 5, NULL, "request id req-7");
    assert_true(said(test_world_err(t), "InvalidClientTokenId"));
    EXPECT("token --cluster c --region us-east-1", 0, "\"token\": \"k8s-aws-v1.", NULL);
    assert_true(said(test_world_out(t), "\"expirationTimestamp\": \"2026-01-02T"));
    assert_true(said(test_world_out(t), "client.authentication.k8s.io/v1\""));
    EXPECT("token --cluster c", 1, NULL, "no region");
    EXPECT("kubeconfig", 1, NULL, "no kubeconfig is recorded for stack `cluster`");
}

static void disks_that_refuse_are_named(void **state)
{
    (void)state;
    write_small();
    test_world_disk_fails(t, DISK_READONLY, 0, TEST_ALWAYS);
    EXPECT("apply --sandbox --sandbox-speed 0 --yes", 1, NULL, "read-only");
    test_world_disk_fails(t, DISK_OK, 0, 0);
    EXPECT("apply --sandbox --sandbox-speed 0 --yes --stack a", 0, NULL, NULL);
    test_world_disk_room(t, 100);
    int code = kc("apply --sandbox --sandbox-speed 0 --yes --stack b");
    assert_true(code == 1 || code == 6);
    assert_true(said(test_world_err(t), "no space left") || said(test_world_out(t), "no space left"));
    test_world_disk_room(t, -1);
    EXPECT("plan --sandbox --stack a", 0, "No changes.", NULL);
    EXPECT("apply --sandbox --sandbox-speed 0 --yes --stack c", 0, NULL, NULL);
}

static void one_command_at_a_time(void **state)
{
    struct world_lock *lock;
    struct str holder;

    (void)state;
    write_small();
    EXPECT("plan --sandbox", 0, NULL, NULL);
    assert_int_equal(world_lock(test_world(t), STR("/home/test/.kc/sandbox/lock"), STR("apply by anna"), &lock, a, &holder), DISK_OK);
    EXPECT("plan --sandbox", 6, NULL, "in use");
    assert_true(said(test_world_err(t), "apply by anna"));
    world_unlock(test_world(t), lock);
    EXPECT("plan --sandbox", 0, NULL, NULL);
}

static void values_of_parameters_are_not_recorded_with_the_command_line(void **state)
{
    char words[][24] = { "kc", "apply", "--set", "password=hunter2", "--set=k=v=w", "--yes", "--set" };
    char *argv[] = { words[0], words[1], words[2], words[3], words[4], words[5], words[6], NULL };
    char **shown = cli_shown_args(a, 7, argv);

    (void)state;
    assert_string_equal(shown[3], "password=...");
    assert_string_equal(shown[4], "--set=k=...");
    assert_string_equal(shown[5], "--yes");
    assert_string_equal(shown[6], "--set");
}

static void ctrl_c_before_the_change_changes_nothing(void **state)
{
    (void)state;
    write_small();
    test_world_signal(t);
    EXPECT("apply --sandbox --sandbox-speed 0 --yes", 130, NULL, NULL);
}

static void state_that_is_broken_is_not_built_upon(void **state)
{
    (void)state;
    write_small();
    EXPECT("apply --sandbox --sandbox-speed 0 --yes", 0, NULL, NULL);
    test_world_put(t, "/home/test/.kc/sandbox/stacks/cluster/state.json", STR("{\"half\": "));
    EXPECT("plan --sandbox", 6, NULL, "state.json");
    EXPECT("apply --sandbox --sandbox-speed 0 --yes", 6, NULL, "state.json");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
/* A type with content of its own, on the simulated EC2. */
static void write_kept(const char *block)
{
    test_world_put(t, "/home/test/cluster.kcl",
                   str_fmt(a, "resource Net @aws(\"ec2\") {\n"
                              "  cidr: cidr4 @replace\n  out id: id[\"vpc\"]\n"
                              "  create CreateVpc { send { CidrBlock = cidr, TagSpecifications = [{ ResourceType = \"vpc\", Tags = [for k, v in all_tags: { Key = k, Value = v }] }] }, id = reply.Vpc.VpcId }\n"
                              "  read DescribeVpcs { send { VpcIds = [id] }, each = reply.Vpcs, key = it.VpcId, cidr = it.CidrBlock }\n"
                              "  find DescribeVpcs { by = \"relation\", send { }, each = [for v in reply.Vpcs if v.CidrBlock == \"\\(cidr)\": v], id = it.VpcId }\n"
                              "  delete DeleteVpc { send { VpcId = id } }\n"
                              "  errors { gone = [\"InvalidVpcID.NotFound\"] }\n"
                              "  keeps = \"what people put there\"\n"
                              "}\nNet lab { cidr = %s }\n", block));
}

static void what_is_lost_for_good_is_typed_before_anything_is_done(void **state)
{
    (void)state;
    test_world_tty(t, true, 80);
    write_kept("10.0.0.0/16");
    EXPECT("apply --sandbox --sandbox-speed 0 --yes", 0, "1 created", NULL);
    write_kept("10.1.0.0/16");
    test_world_type(t, "yes");
    EXPECT("apply --sandbox --sandbox-speed 0 --yes", 1, "replaces it; lost with it: what people put there\nType its address to go on: ", "nothing was changed");
    test_world_type(t, "lab");
    test_world_type(t, "no");                              /* the address is no answer to the question about the whole */
    EXPECT("apply --sandbox --sandbox-speed 0", 1, "Do this?", "nothing was changed");
    EXPECT("state show lab --sandbox", 0, "10.0.0.0/16", NULL);
    test_world_type(t, "lab");
    EXPECT("apply --sandbox --sandbox-speed 0 --yes", 0, "1 created, 1 deleted", NULL);
    EXPECT("destroy --sandbox --sandbox-speed 0 --yes", 0, "1 deleted", NULL);   /* says its intent by itself */
}

/* The state with further entries before its own, all sealed as kc does; without its texts of types when `bare`. */
static void rewrite_state(const char *entries, bool bare)
{
    struct str path = STR("/home/test/.kc/sandbox/stacks/cluster/state.json"), rest, head, line;
    struct buf b = { 0 };
    assert_true(test_world_file(t, str_c(a, path), &rest) && str_cut(&rest, '\n', &head));
    buf_cstr(&b, entries);
    while (str_cut(&rest, '\n', &line))
        if (line.n && !(bare && (said(line, "\"t\":\"text\"") || said(line, "\"t\":\"type\""))))
            buf_fmt(&b, "%.*s\n", STR_ARG(line));
    struct str body = buf_take(&b, a);
    test_world_put(t, str_c(a, path), str_fmt(a, "%.*s\"bytes\":%zu,\"sha256\":\"%.*s\",\"entries\":[\n%.*s", (int)str_find(head, STR("\"bytes\":")), head.s, body.n,
                                              STR_ARG(sha256_hex(a, body)), STR_ARG(body)));
}

/* What a type is without its file: its text in state; a text in a later language is refused whole, as a later state is. */
static void a_type_outlives_its_file(void **state)
{
    (void)state;
    write_kept("10.0.0.0/16");
    EXPECT("apply --sandbox --sandbox-speed 0 --yes", 0, "1 created", NULL);
    test_world_put(t, "/home/test/cluster.kcl", STR("resource Net @aws(\"ec2\") {\n"));
    EXPECT("state show lab --sandbox", 0, "10.0.0.0/16", NULL);
    rewrite_state("{\"digest\":\"ca978112ca1bbdcafac231b39a23dc4d\",\"t\":\"text\",\"text\":\"a\"},\n"
                "{\"language\":99,\"name\":\"later.Net\",\"parts\":[[\"later.kcl\",\"ca978112ca1bbdcafac231b39a23dc4d\"]],\"t\":\"type\"},\n", false);
    EXPECT("destroy --sandbox --sandbox-speed 0 --yes", 6, NULL, "error[E0804]: state keeps later.Net in version 99 of the language; this kc reads ");
    EXPECT("state list --sandbox", 6, NULL, "E0804");
}

/* As kc 0.1.0 left it: the type of the file compiled, which nobody reads any more. The file brings the type back. */
static void a_type_that_is_not_known_is_asked_for(void **state)
{
    (void)state;
    write_kept("10.0.0.0/16");
    EXPECT("apply --sandbox --sandbox-speed 0 --yes", 0, "1 created", NULL);
    rewrite_state("{\"t\":\"type\",\"type\":{\"name\":\"cluster.Net\",\"service\":\"ec2\",\"until\":[\"param\",\"live\"]}},\n", true);
    test_world_put(t, "/home/test/cluster.kcl", STR("let nothing = 1\n"));
    EXPECT("plan --sandbox", 1, NULL, "error[E0608]: lab is a cluster.Net, and no such resource type is known");
    EXPECT("destroy --sandbox --sandbox-speed 0 --yes", 1, NULL, "put `resource Net` back into cluster.kcl until its objects are destroyed");
    EXPECT("state list --sandbox", 0, "lab", NULL);
    write_kept("10.0.0.0/16");
    EXPECT("plan --sandbox", 0, "No changes.", NULL);
    EXPECT("destroy --sandbox --sandbox-speed 0 --yes", 0, "1 deleted", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(slips_of_usage_are_explained), T(help_names_everything), T(the_file_is_found_or_asked_for), T(files_that_cannot_be_used_are_named),
        T(mistakes_are_shown_with_their_place), T(parameters_come_from_flags_and_environment), T(a_stack_lives_its_life), T(destroy_needs_no_file_that_works),
        T(output_for_programs_is_json_alone), T(stacks_and_folders_are_kept_apart), T(progress_on_a_terminal_is_redrawn),
        T(another_account_region_or_file_needs_a_word), T(regions_are_checked), T(credentials_are_asked_for_clearly), T(disks_that_refuse_are_named),
        T(one_command_at_a_time), T(values_of_parameters_are_not_recorded_with_the_command_line), T(ctrl_c_before_the_change_changes_nothing), T(state_that_is_broken_is_not_built_upon),
        T(what_is_lost_for_good_is_typed_before_anything_is_done), T(a_type_outlives_its_file), T(a_type_that_is_not_known_is_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
