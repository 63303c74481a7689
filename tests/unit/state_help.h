/* state_help.h - a state in a test world's memory, and records to put into it. */
#ifndef KC_STATE_HELP_H
#define KC_STATE_HELP_H
#include "aws_kit.h"
#include "kc/state.h"
#include "world_test.h"

#define FOLDER ".kc/stacks/cluster"
struct store *state_store(struct test_world *t);           /* files in FOLDER */
struct state *state_try(struct test_world *t, bool write); /* opens FOLDER; fails the test when that fails */
struct record state_a_record(const char *addr, uint32_t generation, enum status status, const char *id);
struct intent state_an_intent(const char *addr, uint32_t generation, const char *op_id);
/* Durable. */
void state_add(struct state *s, const char *addr, uint32_t generation, enum status status, const char *id);
void state_lost(struct state *s);                          /* frees it without a trace on the disk, as a killed process does */
/* Everything a state says, as text: equal texts, equal states. Lineage, salt and serial aside. */
struct str state_text(struct state *s, struct arena *a);

#endif
