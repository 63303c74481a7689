/* test_state_power.c - the power is lost after each system call that a state's life makes, and every disk that POSIX allows then (power.h) is opened:
 * all that state_sync promised is there, nothing is there that was not asked for, no snapshot is in its place unread, nothing is refused.
 * Then it is opened for writing, and the power is lost again after each system call of that repair, and of the repair of that, until no new disk
 * comes up; and a killed process is succeeded by one that loses the power. What was repaired takes a further record, and keeps it.
 *
 * Each disk is opened for reading. Those that differ within one line of a torn append (power_each's `torn`) are not repaired one by one: opening
 * for writing reads the same, and then keeps the bytes before the first bad line (store.h, resume), which are equal in all of them. */
#include "kctest.h"
#include "power.h"
#include "state_help.h"
#include <stdlib.h>

enum { TEXTS = 200, SEEN = 1 << 18 };
#define HERE "/p/.kc/stacks/x"

struct judge {
    struct arena *a;
    struct test_world *t;
    struct world *w;
    struct power_disk *disk;                               /* of the story */
    struct state *s;
    struct str texts[TEXTS];                               /* the state after each entry */
    int queued, promised;                                  /* the last entry that was queued, and that state_sync promised */
    const char *lost;                                      /* where the power went */
    size_t steps, states, opened, repaired;
    uint64_t *seen;                                        /* disks that were looked at, with what was promised then */
    bool soft;
    struct str bad;                                        /* soft: the first finding */
    int intents, outcomes, puts;
};

static const struct provider place = { .kind = { "a", 1 }, .region = { "r", 1 } };

/* ---- what a state says ---- */

static struct str text_of(struct state *s, struct arena *a)
{
    struct buf b = { 0 };
    buf_str(&b, state_text(s, a));
    for (int i = 0; i < 12; i++)
        buf_fmt(&b, "%u ", state_generation(s, str_fmt(a, "a.v%d", i)));
    buf_fmt(&b, "account %.*s\n", STR_ARG(state_meta(s)->account));
    return buf_take(&b, a);
}

static void finding(struct judge *j, struct str what)
{
    if (!j->soft)
        fail_msg("power lost in %s: %.*s", j->lost, STR_ARG(what));
    if (!j->bad.n)
        j->bad = str_dup(j->a, what);
}

static bool is_seen(struct judge *j, const struct power_disk *d)
{
    uint64_t key = (power_digest(d) ^ (uint64_t)j->promised << 20 ^ (uint64_t)j->queued << 40) | 1;
    size_t i = key % SEEN, n = 0;
    for (; j->seen[i] && j->seen[i] != key; i = (i + 1) % SEEN)
        assert_true(++n < SEEN / 2);
    bool is = j->seen[i] == key;
    j->seen[i] = key;
    return is;
}

static struct state *open_disk(struct judge *j, struct power_disk *d, bool write, struct arena *a)
{
    struct state *s;
    struct str why;
    j->opened++;
    power_use(d, j->w);
    test_world_seed(j->t, 1);                              /* a new state is the same one each time, or there were no end of disks */
    enum state_error e = state_open(j->w, store_file(j->w, a, STR(HERE)), write, &s, a, &why);
    if (e == STATE_OK || (e == STATE_ABSENT && !j->promised))
        return s;
    finding(j, str_fmt(a, "state_open says %d %.*s", e, STR_ARG(why)));
    return NULL;
}

static bool fits(struct judge *j, struct str text)
{
    for (int i = j->promised; i <= j->queued; i++)
        if (str_eq(text, j->texts[i]))
            return true;
    return false;
}

/* ---- one disk ---- */

struct repair {                                            /* while one is opened for writing: what a second loss of power leaves */
    struct judge *j;
    struct arena *a;
    struct power_disk *d;
    struct found { struct power_disk *d; bool torn; struct found *next; } *found;
};

static void look(struct judge *j, struct power_disk *d, bool torn);

static void find_more(void *user, struct power_disk *d, bool torn)
{
    struct repair *r = user;
    if (is_seen(r->j, d))
        return;
    struct found *f = ARENA_NEW(r->a, struct found);
    *f = (struct found){ power_copy(d, r->a), torn, r->found };
    r->found = f;
}

static void repair_step(void *user)
{
    struct repair *r = user;
    r->j->states += power_states(r->d, true, find_more, r);
}

/* A further record, behind what was repaired. */
struct further {
    struct judge *j;
    struct power_disk *d;
    struct str before, after;
    bool promised;
};

static void has_further(void *user, struct power_disk *d, bool torn)
{
    struct further *f = user;
    struct arena *a = arena_new();
    struct state *s = open_disk(f->j, d, false, a);
    assert_false(torn);
    struct str text = s ? text_of(s, a) : STR_NONE;
    if (s && !str_eq(text, f->after) && (f->promised || !str_eq(text, f->before)))
        finding(f->j, STR("what was written after a repair is not found as it was written"));
    state_close(s);
    power_stop(d);
    arena_free(a);
}

static void further_step(void *user)
{
    struct further *f = user;
    f->j->states += power_states(f->d, false, has_further, f);
    power_use(f->d, f->j->w);
}

static void go_on(struct judge *j, struct power_disk *d, struct state *s, struct str text, struct arena *a)
{
    struct further f = { .j = j, .d = d, .before = text };
    struct record r = { .addr = STR("z"), .type = STR("T"), .provider = &place, .generation = 1, .status = STATUS_READY, .serves = true };
    power_use(d, j->w);
    assert_true(state_put(s, &r));
    f.after = text_of(s, a);
    power_watch(d, further_step, &f);
    assert_true(state_sync(s));
    power_watch(d, NULL, NULL);
    f.promised = true;
    further_step(&f);
}

/* Former snapshots are whole, or not there. */
static bool history_is_whole(struct judge *j, struct arena *a)
{
    struct store *st = store_file(j->w, a, STR(HERE));
    struct str *names, text;
    size_t n;
    bool whole = st->ops->list(st, a, STR("history/"), &names, &n) == STORE_OK;
    for (size_t i = 0; i < n; i++)
        whole = whole && st->ops->read(st, a, names[i], 1 << 20, &text, NULL) == STORE_OK && str_ends(text, STR("]}\n"));
    return whole && n <= 11;                              /* the oldest goes after the newest came */
}

static void repair(struct judge *j, struct power_disk *found, struct str text, struct arena *a)
{
    struct power_disk *d = power_copy(found, a);
    struct repair r = { j, a, d, NULL };
    j->repaired++;
    power_watch(d, repair_step, &r);
    struct state *s = open_disk(j, d, true, a);
    power_watch(d, NULL, NULL);
    if (s) {
        if (!str_eq(text_of(s, a), text))
            finding(j, STR("opened for writing it says something else than for reading"));
        if (!history_is_whole(j, a))
            finding(j, STR("a former snapshot is not whole"));
        if (power_litter(d))
            finding(j, STR("a temporary file stays"));
        struct power_disk *left = power_copy(d, a);
        struct state *again = open_disk(j, left, false, a);
        if (again && (!str_eq(text_of(again, a), text) || state_note(again).n))
            finding(j, STR("what was repaired is not found repaired"));
        state_close(again);
        power_stop(left);
        go_on(j, d, s, text, a);
        state_lost(s);
    }
    power_stop(d);
    for (struct found *f = r.found; f; f = f->next)
        look(j, f->d, f->torn);
}

static void look(struct judge *j, struct power_disk *d, bool torn)
{
    struct arena *a = arena_new();
    struct state *s = j->bad.n ? NULL : open_disk(j, d, false, a);
    struct str text = s ? text_of(s, a) : STR_NONE;
    if (s && !fits(j, text))
        finding(j, str_fmt(a, "the state says\n%.*s", STR_ARG(text)));
    state_close(s);
    power_stop(d);
    if (s && !torn)
        repair(j, d, text, a);
    arena_free(a);
}

static void look_new(void *user, struct power_disk *d, bool torn)
{
    if (!is_seen(user, d))
        look(user, d, torn);
}

/* ---- the story ---- */

static void story_step(void *user)
{
    struct judge *j = user;
    struct arena *a = arena_new();
    j->steps++;
    j->states += power_states(j->disk, true, look_new, j);
    look(j, power_copy(j->disk, a), false);                /* only the process died; the next one goes on, and loses the power */
    arena_free(a);
    power_use(j->disk, j->w);
}

static struct judge *judge_new(void)
{
    struct judge *j = calloc(1, sizeof *j);
    j->a = arena_new();
    j->t = test_world_new();
    j->w = test_world(j->t);
    j->disk = power_new(j->a);
    j->seen = calloc(SEEN, sizeof *j->seen);
    power_use(j->disk, j->w);
    return j;
}

static void judge_free(struct judge *j)
{
    power_stop(j->disk);
    test_world_free(j->t);
    arena_free(j->a);
    free(j->seen);
    free(j);
}

/* Small entries: each byte of them is a place to be torn at. */
static struct record small_record(struct judge *j, int i, enum status status)
{
    return (struct record){ .addr = str_fmt(j->a, "a.v%d", i), .type = STR("T"),
                            .provider = &place, .generation = 1, .status = status, .serves = status == STATUS_READY };
}

static bool begin_intent(struct judge *j)
{
    struct record r = small_record(j, j->intents, STATUS_CREATING);
    struct intent i = { .op_id = str_fmt(j->a, "o%d", j->intents), .addr = r.addr, .type = r.type, .verb = STR("create"), .step = STR("C"), .service = STR("s"),
                        .operation = STR("C"), .provider = &place, .generation = 1, .record = &r };
    j->intents++;
    return state_intent(j->s, &i);
}

static bool end_intent(struct judge *j, bool made)
{
    struct record r = small_record(j, j->outcomes, STATUS_CREATING);
    struct str error = STR("no"), op = str_fmt(j->a, "o%d", j->outcomes++);
    return state_outcome(j->s, op, made ? &r : NULL, made ? NULL : &error);
}

static bool entry(struct judge *j, char what)
{
    struct record r;
    switch (what) {
    case 'b': return state_begin(j->s, STR("h"), STR("apply"));
    case 'e': return state_end(j->s, 0);
    case 'i': return begin_intent(j);
    case 'o': return end_intent(j, true);
    case 'x': return end_intent(j, false);
    case 'p': return r = small_record(j, j->puts++, STATUS_READY), state_put(j->s, &r);
    case 'd': return state_drop(j->s, str_fmt(j->a, "a.v%d", --j->puts), 1);
    case 'v': return state_move(j->s, STR("a.v0"), STR("b.v0"));
    default:
        state_meta(j->s)->account = str_fmt(j->a, "%d", j->queued);
        return state_commit_meta(j->s);
    }
}

static void open_story(struct judge *j, const char *lost)
{
    struct str why;
    j->lost = lost;
    test_world_seed(j->t, 1);
    if (state_open(j->w, store_file(j->w, j->a, STR(HERE)), true, &j->s, j->a, &why) != STATE_OK)
        fail_msg("%.*s", STR_ARG(why));
    if (!j->texts[0].n)
        j->texts[0] = text_of(j->s, j->a);
}

/* '(' opens, ')' closes, '.' syncs, a letter queues an entry. */
static size_t tell(struct judge *j, const char *story)
{
    size_t n = 0;
    for (const char *p = story; *p && !j->bad.n; p++) {
        if (*p == ' ')
            continue;
        n++;
        j->lost = p;
        if (*p == '(') {
            open_story(j, p);
            continue;
        }
        if (*p == ')')
            state_close(j->s);
        else if (*p == '.')
            assert_true(state_sync(j->s));
        else
            assert_true(entry(j, *p));
        if (*p == ')' || *p == '.') {
            j->promised = j->queued;
            continue;
        }
        assert_true(j->queued + 1 < TEXTS);
        j->texts[++j->queued] = text_of(j->s, j->a);
    }
    if (j->bad.n)
        state_lost(j->s);
    return n;
}

static const char whole[] = "(m. bii. opi. o. xp. v. m. dp. e.) (bi. op. p. d. e.) () (pd. i.)";

/* The empty state has its lineage from the first opening: until it is promised, any is right. */
static struct judge *tell_from_nothing(enum power_lie lie, bool soft, size_t *n)
{
    struct judge *j = judge_new();
    j->soft = soft;
    j->texts[0] = STR_NONE;
    struct arena *a = arena_new();
    struct power_disk *empty = power_copy(j->disk, a);
    struct state *s = open_disk(j, empty, false, a);
    j->texts[0] = text_of(s, j->a);
    state_close(s);
    power_stop(empty);
    arena_free(a);
    power_use(j->disk, j->w);
    power_lies(j->disk, lie);
    power_watch(j->disk, story_step, j);
    *n = tell(j, whole);
    return j;
}

static void show(const struct judge *j, size_t n)
{
    print_message("%zu operations, %zu steps, %zu disks; %zu opened, %zu repaired\n", n, j->steps, j->states, j->opened, j->repaired);
}

static void from_nothing(void **x)
{
    (void)x;
    size_t n;
    struct judge *j = tell_from_nothing(POWER_HONEST, false, &n);
    show(j, n);
    assert_true(n >= 40 && j->steps > 100 && j->states > 5000);
    judge_free(j);
}

/* The history is full: the oldest goes. */
static void with_a_full_history(void **x)
{
    (void)x;
    struct judge *j = judge_new();
    for (int i = 0; i < 11; i++)
        tell(j, "(m.)");
    power_watch(j->disk, story_step, j);
    size_t n = tell(j, "(p.) (p.)");
    show(j, n);
    judge_free(j);
}

static void lies_are_found(void **x)
{
    (void)x;
    static const char *const names[] = { "", "files are not synced", "folders are not synced" };
    for (enum power_lie lie = POWER_NO_FILE_SYNC; lie <= POWER_NO_FOLDER_SYNC; lie++) {
        size_t n;
        struct judge *j = tell_from_nothing(lie, true, &n);
        if (!j->bad.n)
            fail_msg("not found: %s", names[lie]);
        print_message("%s: found after %zu disks: %.*s\n", names[lie], j->states, (int)(j->bad.n < 100 ? j->bad.n : 100), j->bad.s);
        judge_free(j);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(from_nothing), cmocka_unit_test(with_a_full_history), cmocka_unit_test(lies_are_found) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
