/* fields.h - every field that a file accepts, changed in turn, with a kill somewhere. */
#ifndef KC_FIELDS_H
#define KC_FIELDS_H
#include "story.h"

size_t fields_count(void);
void fields_spread(size_t stride);                         /* the nth is from now on the (n * stride)th */
struct tally *fields_tell(size_t nth, bool verbose);       /* from 1 */
#endif
