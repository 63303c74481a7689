/* builtin_net.c - built-in functions over IP addresses and CIDR blocks, both families: a block is 128 or 32 bits, counted from the left. */
#include "builtin.h"
#include "kc/arena.h"

static unsigned width(struct ip ip)
{
    return ip.v6 ? 128 : 32;
}

/* Adds n at the place of bit `bits` (n counts blocks of that prefix); false when it runs over. */
static bool add_at(struct ip *ip, unsigned bits, uint64_t n)
{
    unsigned shift = width(*ip) - bits;
    unsigned byte = (width(*ip) - 1 - shift) / 8;
    unsigned __int128 rest = (unsigned __int128)n << (shift % 8);
    for (unsigned i = byte + 1; i-- > 0 && rest;) {
        rest += ip->b[i];
        ip->b[i] = (uint8_t)(rest & 255);
        rest >>= 8;
    }
    return !rest;
}

const struct value *bi_subnet(struct call *c)
{
    struct cidr block = c->v[0]->cidr;
    int64_t bits = c->v[1]->i, index = c->v[2]->i;
    struct str shown = value_shown(c->a, c->v[0]);
    if (bits < 0 || bits > (int64_t)width(block.ip) - block.bits)
        return call_fail(c, "CIDR %.*s cannot be split by %lld bits: its prefix would be /%lld, at most /%u fits", STR_ARG(shown),
                         (long long)bits, (long long)bits + block.bits, width(block.ip));
    if (index < 0 || (bits < 63 && index >= INT64_C(1) << bits)) {
        call_fail(c, "CIDR %.*s has no subnet number %lld of size /%lld", STR_ARG(shown), (long long)index, (long long)bits + block.bits);
        c->e->help =
            bits < 63 ? str_fmt(c->a, "they count from 0 to %lld", (long long)((INT64_C(1) << bits) - 1)) : STR("they count from 0");
        return NULL;
    }
    block.bits = (uint8_t)(block.bits + bits);
    if (block.bits && !add_at(&block.ip, block.bits, (uint64_t)index))
        die("subnet ran over its block");
    return value_cidr(c->a, block);
}

static struct ip last_address(struct cidr block)
{
    struct ip ip = block.ip;
    for (unsigned i = block.bits; i < width(ip); i++)
        ip.b[i / 8] = (uint8_t)(ip.b[i / 8] | 0x80 >> (i % 8));
    return ip;
}

static bool within(struct cidr block, struct ip ip)
{
    for (unsigned i = 0; i < block.bits; i++)
        if ((block.ip.b[i / 8] ^ ip.b[i / 8]) & (0x80 >> (i % 8)))
            return false;
    return true;
}

/* n back from the end: the last address with n - 1 taken off, which is the complement with n - 1 added. */
static bool step_back(struct ip *ip, uint64_t n)
{
    for (unsigned i = 0; i < width(*ip) / 8; i++)
        ip->b[i] = (uint8_t)~ip->b[i];
    bool ok = add_at(ip, width(*ip), n);
    for (unsigned i = 0; i < width(*ip) / 8; i++)
        ip->b[i] = (uint8_t)~ip->b[i];
    return ok;
}

const struct value *bi_host(struct call *c)
{
    struct cidr block = c->v[0]->cidr;
    int64_t n = c->v[1]->i;
    struct ip ip = n < 0 ? last_address(block) : block.ip;
    bool ok = n < 0 ? step_back(&ip, (uint64_t)(-(n + 1))) : add_at(&ip, width(ip), (uint64_t)n);
    if (!ok || !within(block, ip))
        return call_fail(c, "CIDR %.*s has no address number %lld", STR_ARG(value_shown(c->a, c->v[0])), (long long)n);
    return value_ip(c->a, ip);
}

const struct value *bi_netmask(struct call *c)
{
    struct cidr block = c->v[0]->cidr;
    if (block.ip.v6)
        return call_fail(c, "%.*s is IPv6: it has a prefix, no netmask", STR_ARG(value_shown(c->a, c->v[0])));
    struct ip mask = { .v6 = false };
    for (unsigned i = 0; i < block.bits; i++)
        mask.b[i / 8] = (uint8_t)(mask.b[i / 8] | 0x80 >> (i % 8));
    return value_ip(c->a, mask);
}

const struct value *bi_network(struct call *c)
{
    return value_ip(c->a, c->v[0]->cidr.ip);
}

const struct value *bi_prefix(struct call *c)
{
    return value_int(c->a, c->v[0]->cidr.bits);
}

const struct value *bi_overlaps(struct call *c)
{
    struct cidr a = c->v[0]->cidr, b = c->v[1]->cidr;
    return value_bool(a.ip.v6 == b.ip.v6 && (a.bits < b.bits ? within(a, b.ip) : within(b, a.ip)));
}

const struct value *bi_ip_family(struct call *c)
{
    const struct value *v = c->v[0];
    if (v->kind != VALUE_IP && v->kind != VALUE_CIDR)
        return call_fail(c, "`ip_family` takes an address or a CIDR block, got %s", value_kind_name(v->kind));
    return value_int(c->a, (v->kind == VALUE_IP ? v->ip.v6 : v->cidr.ip.v6) ? 6 : 4);
}

const struct value *bi_cidr(struct call *c)
{
    struct cidr x;
    const char *why;
    return cidr_parse(c->v[0]->s, &x, &why) ? value_cidr(c->a, x)
                                            : call_fail(c, "%.*s is not a CIDR block: %s", STR_ARG(value_shown(c->a, c->v[0])), why);
}

const struct value *bi_ip(struct call *c)
{
    struct ip x;
    return ip_parse(c->v[0]->s, &x) ? value_ip(c->a, x) : call_fail(c, "%.*s is not an IP address", STR_ARG(value_shown(c->a, c->v[0])));
}
