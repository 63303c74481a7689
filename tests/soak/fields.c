#include "fields.h"
#include <stdlib.h>
size_t fields_count(void) { return 0; }
void fields_spread(size_t stride) { (void)stride; }
struct tally *fields_tell(size_t nth, bool verbose) { (void)nth, (void)verbose; return calloc(1, sizeof(struct tally)); }
