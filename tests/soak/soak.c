/* soak.c - long campaigns on the simulated account: `make soak`, a sample of it in `make test`. Each seed is a process of its own.
 *
 *     soak [COUNT%|COUNT]                                 all campaigns, all seeds, or so many of each
 *     soak --campaign c [--seed 17] [--count 50]          one campaign, one seed (told aloud) */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "fields.h"
#include "story.h"

static const struct { const char *letter, *name; long seeds; } campaigns[CAMPAIGNS] = {
    { "a", "kills, late visibility", 500 }, { "b", "kills, faulty lookups", 500 }, { "c", "busy and failing", 400 }, { "d", "a second hand", 300 }, { "f", "each field changed", 0 }, { "g", "services of masters", 300 },
};
enum { JOBS = 2, SECONDS = 120, SHOWN = 12, MAX_NOTES = 600 };
struct job { pid_t pid; int fd; long seed; };
struct sum { struct tally all; long seeds, findings, failed[2000]; size_t nnotes; char notes[MAX_NOTES][sizeof ((struct tally *)0)->note]; };

static _Noreturn void tell(enum campaign c, long seed, int fd)
{
    alarm(SECONDS);
    struct tally *t = c == CAMPAIGN_FIELDS ? fields_tell((size_t)seed, false) : story_tell(c, (uint64_t)seed, false);
    size_t done = 0;

    while (done < sizeof *t) {
        ssize_t n = write(fd, (char *)t + done, sizeof *t - done);
        if (n <= 0)
            _exit(1);
        done += (size_t)n;
    }
    _exit(0);
}

static struct job start(enum campaign c, long seed)
{
    int fds[2];
    struct job j = { .seed = seed };

    fflush(NULL);
    if (pipe(fds) != 0 || (j.pid = fork()) < 0)
        exit(70);
    if (!j.pid) {
        close(fds[0]);
        tell(c, seed, fds[1]);
    }
    close(fds[1]);
    j.fd = fds[0];
    return j;
}

static void add(struct sum *s, const struct tally *t, long seed, enum campaign c)
{
    s->all.runs += t->runs;
    s->all.kills += t->kills;
    s->all.faults += t->faults;
    s->all.acts += t->acts;
    for (int i = 0; i < CODES; i++)
        s->all.codes[i] += t->codes[i];
    if (t->note[0] && s->nnotes < MAX_NOTES)
        memcpy(s->notes[s->nnotes++], t->note, sizeof t->note);
    if (!t->rule[0])
        return;
    if (s->findings < 2000)
        s->failed[s->findings] = seed;
    if (s->findings++ < SHOWN)
        printf("FINDING campaign %s seed %ld, rule `%s`: %s\n%s", campaigns[c].letter, seed, t->rule, t->what, t->lines);
    fflush(stdout);
}

static void finish(struct sum *s, struct job *j, enum campaign c)
{
    static struct tally t;
    size_t got = 0;
    ssize_t n;
    int status;

    memset(&t, 0, sizeof t);
    while (got < sizeof t && (n = read(j->fd, (char *)&t + got, sizeof t - got)) > 0)
        got += (size_t)n;
    close(j->fd);
    waitpid(j->pid, &status, 0);
    if (got < sizeof t) {
        memset(&t, 0, sizeof t);
        snprintf(t.rule, sizeof t.rule, "crash");
        snprintf(t.what, sizeof t.what, WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "no end within %d s of real time" : "the process died (%d)", WIFSIGNALED(status) ? WTERMSIG(status) == SIGALRM ? SECONDS : WTERMSIG(status) : WEXITSTATUS(status));
    }
    add(s, &t, j->seed, c);
    j->pid = 0;
}

static void campaign(struct sum *s, enum campaign c, long from, long n)
{
    struct job jobs[JOBS] = { { 0 } };
    long next = from, end = from + n;

    s->seeds = n;
    for (size_t i = 0; next < end || jobs[0].pid || jobs[1].pid; i = (i + 1) % JOBS) {
        if (jobs[i].pid)
            finish(s, &jobs[i], c);
        if (next < end)
            jobs[i] = start(c, next++);
    }
}

static void table(const struct sum *sums)
{
    printf("%-26s %6s %7s %7s %6s %7s  %-40s %s\n", "campaign", "seeds", "kills", "faults", "acts", "runs", "exit codes", "findings");
    for (int c = 0; c < CAMPAIGNS; c++) {
        const struct sum *s = &sums[c];
        char codes[128] = "";
        if (!s->seeds)
            continue;
        for (int i = 0; i < CODES; i++)
            if (s->all.codes[i])
                snprintf(codes + strlen(codes), sizeof codes - strlen(codes), "%s%d: %ld", codes[0] ? ", " : "", i == 7 ? 130 : i, s->all.codes[i]);
        printf("%s %-24s %6ld %7ld %7ld %6ld %7ld  %-40s %ld\n", campaigns[c].letter, campaigns[c].name, s->seeds, s->all.kills, s->all.faults, s->all.acts, s->all.runs, codes, s->findings);
        for (long i = 0; i < s->findings && i < 2000; i++)
            printf("%s%ld", i ? " " : "    failing seeds: ", s->failed[i]);
        if (s->findings)
            printf("\n");
    }
}

/* Said once each: a field is told of under several seeds. */
static void unchanged_fields(const struct sum *s)
{
    for (size_t i = 0, k; i < s->nnotes; i++) {
        for (k = 0; k < i && strcmp(s->notes[k], s->notes[i]); k++)
            ;
        if (k == i)
            printf("    not changed: %s\n", s->notes[i]);
    }
}

static int one(enum campaign c, long seed)
{
    struct tally *t = c == CAMPAIGN_FIELDS ? fields_tell((size_t)seed, true) : story_tell(c, (uint64_t)seed, true);

    printf("campaign %s seed %ld: %ld runs, %ld kills, %ld faults, %ld acts: %s %s\n", campaigns[c].letter, seed, t->runs, t->kills, t->faults, t->acts, t->rule[0] ? t->rule : "no finding", t->what);
    return t->rule[0] != 0;
}

int main(int argc, char **argv)
{
    static struct sum sums[CAMPAIGNS];
    long seed = 0, count = 0, findings = 0, passed = 0;
    const char *only = NULL;
    time_t start_time = time(NULL);

    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--campaign"))
            only = argv[i + 1];
        else if (!strcmp(argv[i], "--seed"))
            seed = atol(argv[i + 1]);
        else if (!strcmp(argv[i], "--count"))
            count = atol(argv[i + 1]);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    stack_free(stack_new("examples/vpc.kcl", NULL));       /* what is read once is read before the processes part */
    for (int c = 0; c < CAMPAIGNS; c++) {
        long n = c == CAMPAIGN_FIELDS ? (long)fields_count() : campaigns[c].seeds;
        if (only && strcmp(only, campaigns[c].letter))
            continue;
        if (seed && !count)
            return one((enum campaign)c, seed);
        if (c == CAMPAIGN_FIELDS && count && count < n && !seed)   /* a sample of fields is spread over all */
            fields_spread((size_t)(n / count));
        campaign(&sums[c], (enum campaign)c, seed ? seed : 1, count && (count < n || c != CAMPAIGN_FIELDS) ? count : n);
        findings += sums[c].findings;
        passed += sums[c].seeds - sums[c].findings;
    }
    table(sums);
    unchanged_fields(&sums[CAMPAIGN_FIELDS]);
    printf("%ld s\n%ld passed, %ld failed\n", (long)(time(NULL) - start_time), passed, findings);
    return findings != 0;
}
