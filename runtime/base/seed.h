/* seed.h - the key of str_hash, set once from json_seed. Private to base. */
#ifndef KC_BASE_SEED_H
#define KC_BASE_SEED_H
#include <stdint.h>

void str_seed(uint64_t k0, uint64_t k1);                   /* the first call counts: tables may already hang on it */

#endif
