/* bench_makespan.c - the quickstart on the simulated AWS, every operation taking its median: how long the run takes over the least time
 * that any order could take (the longest chain of operations, or the fullest lane, as they were in this run). */
#include "kctest.h"
#include "stack.h"

static const struct op_report *reports;
static const struct plan *plan;
static int64_t least, estimate;

static void note_plan(struct stack *s, struct plan *p)
{
    (void)s;
    plan = p;
    estimate = p->estimate;
}

static int64_t took(size_t i)
{
    return reports[i].started ? reports[i].ended - reports[i].started : 0;
}

/* The longest chain by what each operation took without waiting for others. */
static int64_t chain(size_t i, int64_t *memo)
{
    int64_t longest = 0;
    if (memo[i] >= 0)
        return memo[i];
    for (size_t k = 0; k < plan->ops[i]->ndeps; k++) {
        int64_t x = chain(plan->ops[i]->deps[k], memo);
        longest = x > longest ? x : longest;
    }
    return memo[i] = longest + took(i);
}

static void run(const char *what, struct stack *s, enum stack_verb v)
{
    s->before_run = note_plan;
    stack_must(s, v, 0);
    reports = s->result.reports;
    int64_t *memo = ARENA_ARRAY(s->a, int64_t, plan->nops);
    for (size_t i = 0; i < plan->nops; i++)
        memo[i] = -1;
    least = 1;
    for (size_t i = 0; i < plan->nops; i++)
        least = chain(i, memo) > least ? chain(i, memo) : least;
    printf("  %-8s %3zu operations  %4lld s   over lower bound %.3f   over estimate %.2f\n", what, plan->nops, (long long)(s->result.took / 1000),
           (double)s->result.took / (double)least, (double)s->result.took / (double)estimate);
}

int main(void)
{
    struct stack *s = stack_new("examples/quickstart.kcl", NULL);
    run("apply", s, STACK_APPLY);
    run("destroy", s, STACK_DESTROY);
    stack_free(s);
    return 0;
}
