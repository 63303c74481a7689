/* sanitized.h - whether this program runs under a sanitizer, where all takes many times as long: random campaigns then sample less
 * (never nothing), and time and memory mean little. */
#ifndef KC_TEST_SANITIZED_H
#define KC_TEST_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__)
enum { SANITIZED = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif
#else
enum { SANITIZED = 0 };
#endif

/* Every `less`th of n under a sanitizer, all of them else. */
static inline unsigned sampled(unsigned n, unsigned less)
{
    return SANITIZED ? (n + less - 1) / less : n;
}

#endif
