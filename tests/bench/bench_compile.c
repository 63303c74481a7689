/* bench_compile.c - compiling generated files: resources apart, in a chain, behind one hub, one component many times.
 * Per phase (reading and checking; evaluating to a graph) the time and how it grows: 20k over 10k must stay under 2.3.
 * Not part of the tests: times are of this machine, the ratios are what counts. */
#include "kctest.h"
#include "lang_kit.h"
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum form { APART, CHAIN, HUB, COMPONENT, SHAPES };
static const char *const form_names[] = { "apart", "chain", "hub", "component" };

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void generate(struct buf *b, enum form s, size_t n)
{
    buf_cstr(b, "import \"std/aws/ec2\" as ec2\n");
    if (s == COMPONENT)
        buf_cstr(b, "component cell {\n  name: string\n  ec2.Vpc v { cidr_block = 10.0.0.0/16, tags = { n = name } }\n  out id = v.id\n}\n");
    if (s == HUB)
        buf_cstr(b, "ec2.Vpc hub { cidr_block = 10.0.0.0/16 }\n");
    for (size_t i = 0; i < n; i++)
        switch (s) {
        case APART:
            buf_fmt(b, "ec2.Vpc v%zu { cidr_block = 10.0.0.0/16, tags = { n = \"%zu\" } }\n", i, i);
            break;
        case CHAIN:
            if (i)
                buf_fmt(b, "ec2.Vpc v%zu { cidr_block = 10.0.0.0/16, tags = { n = \"\\(v%zu.id)\" } }\n", i, i - 1);
            else
                buf_cstr(b, "ec2.Vpc v0 { cidr_block = 10.0.0.0/16 }\n");
            break;
        case HUB:
            buf_fmt(b, "ec2.Vpc v%zu { cidr_block = 10.0.0.0/16, tags = { n = \"\\(hub.id)\" } }\n", i);
            break;
        default:
            buf_fmt(b, "cell c%zu { name = \"n%zu\" }\n", i, i);
        }
}

struct times { double load, eval; };

static struct times run(enum form s, size_t n)
{
    struct buf b = { 0 };
    generate(&b, s, n);
    double t0 = seconds();
    struct lang_kit *k = lang_kit_new(buf_view(&b), NULL, false);
    double t1 = seconds();
    struct lang_result r = lang_eval(k->program, NULL);
    double t2 = seconds();
    if (!r.graph || r.graph->nnodes < n) {
        lang_kit_show(k);
        printf("  %s of %zu does not compile\n", form_names[s], n);
    }
    lang_kit_free(k);
    buf_fini(&b);
    return (struct times){ t1 - t0, t2 - t1 };
}

/* Each run in a process of its own: memory that an earlier one gave back would make the small ones look better than they are. */
static struct times fresh(enum form s, size_t n)
{
    struct times t = { 0 };
    int fd[2];
    fflush(stdout);
    if (pipe(fd))
        return t;
    pid_t child = fork();
    if (child == 0) {
        t = run(s, n);
        fflush(stdout);
        _exit(write(fd[1], &t, sizeof t) != (ssize_t)sizeof t);
    }
    close(fd[1]);
    if (child < 0 || read(fd[0], &t, sizeof t) != (ssize_t)sizeof t)
        fprintf(stderr, "a run of %zu came to nothing\n", n);
    close(fd[0]);
    waitpid(child, NULL, 0);
    return t;
}

/* The least disturbed of some runs. */
static struct times best(enum form s, size_t n)
{
    struct times least = fresh(s, n);
    for (int i = 0; i < 8; i++) {
        struct times x = fresh(s, n);
        least.load = x.load < least.load ? x.load : least.load;
        least.eval = x.eval < least.eval ? x.eval : least.eval;
    }
    return least;
}

int main(void)
{
    bool bad = false;
    printf("compile                     1k: read+check   eval      10k                   50k                20k/10k\n");
    for (enum form s = APART; s < SHAPES; s++) {
        struct times k1 = best(s, 1000), k10 = best(s, 10000), k20 = best(s, 20000), k50 = fresh(s, 50000);
        double load = k20.load / k10.load, eval = k20.eval / k10.eval;
        bad |= load >= 2.3 || eval >= 2.3;
        printf("  %-10s  %20.0f ms %6.0f ms  %6.0f ms %6.0f ms  %6.0f ms %6.0f ms    %4.2f %4.2f%s\n", form_names[s], k1.load * 1e3,
               k1.eval * 1e3, k10.load * 1e3, k10.eval * 1e3, k50.load * 1e3, k50.eval * 1e3, load, eval,
               load >= 2.3 || eval >= 2.3 ? "  not linear" : "");
        fflush(stdout);
    }
    return bad;
}
