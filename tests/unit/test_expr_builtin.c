/* Every built-in function: what it gives, and what it says when it cannot. Arguments and results as JSON or .kcl text. */
#include "expr_help.h"

#define PUBLIC "-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEAr5E0kXJ33eWPJnN4Z4iwf4FgP3mmlE1eTvSjgWsn/E4=\\n-----END PUBLIC KEY-----\\n"
#define CERTIFICATE "-----BEGIN CERTIFICATE-----\\nMIIBLDCB36ADAgECAhRoMWKROheB0D/lQJbk5HqHIoCKXDAFBgMrZXAwDDEKMAgG\\nA1UEAwwBeDAeFw0yNjExMjkyMzE0MjFaFw0zNjExMjYyMzE0MjFaMAwxCjAIBgNV\\nBAMMAXgwKjAFBgMrZXADIQDy+Lmgb/0uHqPTwRPjAMEdA/rWkQWcf4EzTGZBMnF3\\n3KNTMFEwHQYDVR0OBBYEFPI/hguj5jXZrBmgWY54jAgdvOuxMB8GA1UdIwQYMBaA\\nFPI/hguj5jXZrBmgWY54jAgdvOuxMA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EA\\n79iu1y9VRnYxbnS2ydclMocH7dKBzvtksqLqcbiX8/wCh6V1HGehr9tZ9x7dDMa0\\nLlpz2iwX/dpkAXYzY55qBQ==\\n-----END CERTIFICATE-----\\n"
#define AUTHORITY "{\"common_name\":\"x\",\"authority\":true,\"lifetime\":{\"$duration\":3600000}}"
struct row { const char *name, *args, *want; };

static const struct row rows[] = {
    { "abs", "-3", "3" }, { "abs", "-2.5", "2.5" }, { "abs", "\"x\"", "E0303: `abs` takes a number as argument 1, got string; its form is abs(x: N) -> N" },
    { "all", "[true,true]", "true" }, { "all", "[]", "true" }, { "all", "[true,1]", "E0304: expected a list of true and false, got int in it" },
    { "any", "[false,true]", "true" }, { "any", "[]", "false" },
    { "arn", "\"iam\",\"role\",\"arn:aws:iam::111122223333:role/x\"", "\"arn:aws:iam::111122223333:role/x\"" },
    { "arn", "\"iam\",\"role\",\"arn:aws:iam::1:user/x\"", "E0304: \"arn:aws:iam::1:user/x\" is not an ARN of iam role" },
    { "base64", "\"fo\"", "\"Zm8=\"" }, { "base64_decode", "\"Zm8=\"", "\"fo\"" }, { "base64_decode", "\"Zm8\"", "E0304: \"Zm8\" is not base64" },
    { "base64_decode", "\"/w==\"", "E0304: what it stands for is not text" }, { "bytes", "2048", "2KiB" },
    { "blob", "\"abc\"", "(3 B, sha256 ba7816bf...)" }, { "blob", "7", "E0303: `blob` takes a string as argument 1, got int; its form is blob(text: string) -> blob" },
    { "blob_of", "\"ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\",3", "(3 B, sha256 ba7816bf...)" },
    { "blob_of", "\"Zm8=\",2", "E0304: \"Zm8=\" is not the SHA-256 of 2 bytes" },
    { "blob_of", "\"ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\",-1", "E0304: \"ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\" is not the SHA-256 of -1 bytes" },
    { "ceil", "1.2", "2" }, { "ceil", "-1.2", "-1" }, { "floor", "-1.2", "-2" }, { "round", "2.5", "3" }, { "round", "1e300", "E0304: the result does not fit in 64 bits" },
    { "cidr", "\"10.0.0.0/8\"", "10.0.0.0/8" }, { "cidr", "\"10.0.0.1/8\"", "E0304: \"10.0.0.1/8\" is not a CIDR block: host bits are set" },
    { "compact", "[1,null,2]", "[1, 2]" }, { "compact", "{\"a\":null,\"b\":1}", "{ b = 1 }" },
    { "contains", "[1,2],2", "true" }, { "contains", "{\"$range\":[1,3]},4", "false" },
    { "days", "14", "14d" }, { "distinct", "[3,1,3,2,1]", "[3, 1, 2]" },
    { "div", "-7,2", "-4" }, { "mod", "-7,2", "1" }, { "div", "1,0", "E0304: division by zero" },
    { "drop", "[1,2,3],1", "[2, 3]" }, { "drop", "[1],9", "[]" }, { "take", "[1,2,3],2", "[1, 2]" }, { "take", "[1],-1", "E0304: a number of elements cannot be negative: -1" },
    { "ends", "\"a.kcl\",\".kcl\"", "true" }, { "starts", "\"vpc-1\",\"vpc-\"", "true" }, { "first", "[]", "none" }, { "last", "[1,2]", "2" },
    { "flatten", "[[1],[],[2,3]]", "[1, 2, 3]" }, { "flatten", "[1]", "E0304: `flatten` takes a list of lists, got int in it" },
    { "from_pairs", "[{\"key\":\"a\",\"value\":1}]", "{ a = 1 }" }, { "from_pairs", "[{\"k\":1}]", "E0304: `from_pairs` takes objects with `key` and `value`, got { k = 1 }" },
    { "get", "{\"a\":1},\"a\"", "1" }, { "get", "{\"a\":1},\"b\"", "none" }, { "get", "{\"a\":1},\"b\",7", "7" }, { "has", "{\"a\":null},\"a\"", "false" },
    { "gib", "80", "80GiB" }, { "gib", "0.5", "512MiB" }, { "mib", "3", "3MiB" }, { "hours", "2", "2h" }, { "minutes", "90", "1h30m" }, { "seconds", "1.5", "1s500ms" },
    { "host", "{\"$cidr\":\"10.0.0.0/24\"},10", "10.0.0.10" }, { "host", "{\"$cidr\":\"10.0.0.0/24\"},-1", "10.0.0.255" },
    { "host", "{\"$cidr\":\"10.0.0.0/24\"},256", "E0304: CIDR 10.0.0.0/24 has no address number 256" }, { "host", "{\"$cidr\":\"2001:db8::/64\"},10", "2001:db8::a" },
    { "id", "\"vpc\",\"vpc-0a1b\"", "\"vpc-0a1b\"" }, { "id", "\"vpc\",\"subnet-1\"", "E0304: \"subnet-1\" is not an id of this kind: it would start with \"vpc-\"" },
    { "indent", "\"a\\n\\nb\",2", "\"  a\\n\\n  b\"" }, { "index_of", "[\"a\",\"b\"],\"b\"", "1" }, { "index_of", "[],1", "none" },
    { "ip", "\"10.0.0.1\"", "10.0.0.1" }, { "ip", "\"x\"", "E0304: \"x\" is not an IP address" }, { "ip_family", "{\"$cidr\":\"::/0\"}", "6" },
    { "join", "[1,\"a\",true],\",\"", "\"1,a,true\"" }, { "join", "[],\",\"", "\"\"" },
    { "json", "{\"b\":1,\"a\":[null,{\"$cidr\":\"10.0.0.0/8\"}]}", "\"{\\\"a\\\":[null,\\\"10.0.0.0/8\\\"],\\\"b\\\":1}\"" },
    { "json_decode", "\"{\\\"a\\\":[1]}\"", "{ a = [1] }" }, { "json_decode", "\"{\"", "E0304: not JSON: line 1 column 1: string or '}' expected near end of file" },
    { "json_equal", "\"{\\\"a\\\":1,\\\"b\\\":2}\",{\"b\":2,\"a\":1}", "true" }, { "json_equal", "\"[1]\",\"[2]\"", "false" },
    { "keys", "{\"b\":1,\"a\":2}", "[\"b\", \"a\"]" }, { "values", "{\"b\":1,\"a\":2}", "[1, 2]" }, { "pairs", "{\"a\":2}", "[{ key = \"a\", value = 2 }]" },
    { "lower", "\"AbC\"", "\"abc\"" }, { "upper", "\"a\xc3\xbc\"", "\"A\xc3\xbc\"" },
    { "major", "{\"$version\":\"1.31.2\"}", "1" }, { "minor", "{\"$version\":\"1.31.2\"}", "31" }, { "major_minor", "{\"$version\":\"1.31.2\"}", "v1.31" },
    { "map_of", "[\"a\",\"b\"],[1,2]", "{ a = 1, b = 2 }" }, { "map_of", "[\"a\"],[]", "E0304: `map_of` takes as many values as keys, got 1 keys and 0 values" },
    { "matches", "\"node-1\",\"^[a-z]+-[0-9]{1,3}$\"", "true" }, { "matches", "\"x\",\"^a\"", "false" },
    { "matches", "\"x\",\"(\"", "E0304: \"(\" is not a regular expression: a ( that is not closed" },
    { "matches", "\"x\",\"((a{255}){255}){255}\"", "E0304: \"((a{255}){255}){255}\" is not a regular expression: the pattern is too large: its repetitions multiply to more than 4096 steps" },
    { "matches", "\"aa\",\"(a)\\\\1\"", "E0304: \"(a)\\\\1\" is not a regular expression: \\ stands before a sign that is to mean itself: classes such as \\w are written [A-Za-z0-9_]" },
    { "matches", "\"10.0.0.1\",\"^[0-9]{1,3}([.][0-9]{1,3}){3}$\"", "true" },
    { "max", "[1,3.5,2]", "3.5" }, { "max", "{\"$range\":[3,12]}", "12" }, { "min", "{\"$range\":[3,12]}", "3" }, { "min", "[]", "E0304: `min` of an empty list" },
    { "min", "[1,\"a\"]", "E0304: `min` takes a list of scalars of one kind, got int and string" }, { "max", "[{\"$size\":1},{\"$size\":2}]", "2B" },
    { "merge", "{\"a\":1,\"b\":1},{\"b\":2},{\"c\":3}", "{ a = 1, b = 2, c = 3 }" },
    { "netmask", "{\"$cidr\":\"10.0.0.0/20\"}", "255.255.240.0" }, { "network", "{\"$cidr\":\"10.0.0.0/20\"}", "10.0.0.0" }, { "prefix", "{\"$cidr\":\"10.0.0.0/20\"}", "20" },
    { "overlaps", "{\"$cidr\":\"10.0.0.0/8\"},{\"$cidr\":\"10.1.0.0/16\"}", "true" }, { "overlaps", "{\"$cidr\":\"10.0.0.0/16\"},{\"$cidr\":\"10.1.0.0/16\"}", "false" },
    { "pad_left", "\"7\",3,\"0\"", "\"007\"" }, { "pad_right", "\"a\",3", "\"a  \"" }, { "percent", "33", "33%" },
    { "replace", "\"a.b.c\",\".\",\"-\"", "\"a-b-c\"" }, { "replace", "\"a\",\"\",\"b\"", "E0304: `replace` needs something to replace" }, { "reverse", "[1,2]", "[2, 1]" },
    { "sha256", "\"abc\"", "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"" },
    { "sha256_base64", "\"abc\"", "\"ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\"" },
    { "size", "[1,2]", "2" }, { "size", "\"\xc3\xbc\"", "1" }, { "size", "{\"$range\":[3,12]}", "10" }, { "size", "5", "E0304: `size` counts a list, map, range or text, got int" },
    { "sort", "[3,1,2]", "[1, 2, 3]" }, { "sort", "[{\"$version\":\"1.31\"},{\"$version\":\"1.9\"}]", "[v1.9, v1.31]" },
    { "split", "\"a,b,,c\",\",\"", "[\"a\", \"b\", \"\", \"c\"]" }, { "split", "\"a\",\"\"", "E0304: `split` needs a separator" },
    { "subnet", "{\"$cidr\":\"10.0.0.0/16\"},4,3", "10.0.48.0/20" }, { "subnet", "{\"$cidr\":\"10.0.0.0/16\"},8,255", "10.0.255.0/24" },
    { "subnet", "{\"$cidr\":\"10.0.0.0/16\"},4,16", "E0304: CIDR 10.0.0.0/16 has no subnet number 16 of size /20; they count from 0 to 15" },
    { "subnet", "{\"$cidr\":\"10.0.0.0/16\"},17,0", "E0304: CIDR 10.0.0.0/16 cannot be split by 17 bits: its prefix would be /33, at most /32 fits" },
    { "subnet", "{\"$cidr\":\"2001:db8::/56\"},8,255", "2001:db8:0:ff::/64" }, { "subnet", "{\"$cidr\":\"0.0.0.0/0\"},0,0", "0.0.0.0/0" },
    { "subnet", "{\"$cidr\":\"::/0\"},128,9223372036854775807", "::7fff:ffff:ffff:ffff/128" },
    { "substr", "\"hello\",1,3", "\"ell\"" }, { "substr", "\"hello\",3", "\"lo\"" }, { "substr", "\"hello\",9", "\"\"" },
    { "sum", "[1,2,3]", "6" }, { "sum", "[]", "0" }, { "sum", "[{\"$size\":1024},{\"$size\":1024}]", "2KiB" }, { "sum", "[\"a\"]", "E0304: `sum` adds numbers, sizes or durations, got string" },
    { "to_bytes", "{\"$size\":2048}", "2048" }, { "to_gib", "{\"$size\":85899345920}", "80" }, { "to_gib", "{\"$size\":1024}", "E0304: 1KiB is not a whole number of GiB" },
    { "to_mib", "{\"$size\":1073741824}", "1024" }, { "to_days", "{\"$duration\":86400000}", "1" }, { "to_hours", "{\"$duration\":7200000}", "2" },
    { "to_minutes", "{\"$duration\":5400000}", "90" }, { "to_seconds", "{\"$duration\":1500}", "E0304: 1s500ms is not a whole number of seconds" },
    { "to_float", "\"1.5\"", "1.5" }, { "to_float", "{\"$percent\":33.5}", "33.5" }, { "to_float", "\"x\"", "E0304: \"x\" is not a number" },
    { "to_int", "\"42\"", "42" }, { "to_int", "3.0", "3" }, { "to_int", "3.5", "E0304: 3.5 is not whole: round, floor or ceil it" }, { "to_int", "{\"$percent\":33.0}", "33" },
    { "to_list", "{\"$range\":[3,5]}", "[3, 4, 5]" }, { "to_string", "{\"$cidr\":\"10.0.0.0/8\"}", "\"10.0.0.0/8\"" }, { "trim", "\" a \"", "\"a\"" },
    { "url_encode", "\"a b/\xc3\xbc~\"", "\"a%20b%2F%C3%BC~\"" }, { "url_decode", "\"a%20b+c%2f\"", "\"a b c/\"" }, { "url_decode", "\"%2\"", "E0304: a % without two hexadecimal digits" },
    { "version", "\"1.31\"", "v1.31" }, { "version", "\"one\"", "E0304: \"one\" is not a version such as 1.31" },
    { "yaml", "{\"a\":[1,{\"b\":\"no\",\"c\":[]}],\"d\":{\"e\":null}}", "\"\\\"a\\\":\\n  - 1\\n  - \\\"b\\\": \\\"no\\\"\\n    \\\"c\\\": []\\n\\\"d\\\":\\n  \\\"e\\\": null\\n\"" },
    { "zip", "[1,2,3],[\"a\",\"b\"]", "[{ a = 1, b = \"a\" }, { a = 2, b = \"b\" }]" },
    { "ec_key", "\"P-256\"", "ec_key(\"P-256\")" }, { "ed25519_key", "", "ed25519_key()" }, { "rsa_key", "2048", "rsa_key(2048)" },
    { "ec_key", "\"P-1\"", "E0304: the curves are P-256, P-384 and P-521" }, { "random_text", "20", "random_text(20)" }, { "random_text", "0", "E0304: 1 to 4096 characters can be had" }, { "random_base64", "32", "random_base64(32)" },
    { "public_pem", "\"" PUBLIC "\"", "\"" PUBLIC "\"" }, { "public_ssh", "\"" PUBLIC "\"", "\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK+RNJFyd93ljyZzeGeIsH+BYD95ppRNXk70o4FrJ/xO\"" },
    { "key_fingerprint", "\"" PUBLIC "\"", "\"SHA256:qsGDrD7p3LWMWKq2ZAaATpB4KWI1BJDynfuGYOnEVRI\"" },
    { "private_pem", "\"" PUBLIC "\"", "E0304: this is no private key in PEM, or it has a passphrase" }, { "public_pem", "\"x\"", "E0304: this is no key in PEM" },
    { "certificate", "\"" PUBLIC "\"," AUTHORITY, "certificate(\"-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEAr5E0kXJ33eWPJnN4Z4iwf4FgP3mmlE1eTvSjgWsn/E4=\\n-----END PUBLIC KEY-----\\n\", { common_name = \"x\", authority = true, lifetime = 1h })" },
    { "certificate_ends", "\"" CERTIFICATE "\"", "\"2036-11-26T23:14:21Z\"" }, { "certificate_ends", "\"x\"", "E0304: this is no certificate in PEM" },
    { "certificate_fingerprint", "\"" CERTIFICATE "\"", "\"945bcc3eb3ca60e65f8b652552ffc9b3f806d9d4d064273d3b1fbbc71e484001\"" },
    { "certificate_fingerprint", "\"" CERTIFICATE CERTIFICATE "\"", "E0304: these are 2 certificates, and each has a fingerprint of its own" },
    { "jwks", "[]", "\"{\\\"keys\\\":[]}\"" }, { "jwks", "[\"" PUBLIC "\"]", "E0304: a key of a JSON Web Key Set is an RSA or an EC key" }, { "jwks", "[1]", "E0304: `jwks` takes a list of keys in PEM, got int in it" },
    { "fresh", "\"a\",\"-2\"", "\"a-2\"" }, { "nosuch", "1", "E0301: no function `nosuch`" },
    { "upper", "\"a\",\"b\"", "E0303: `upper` takes 1 argument, got 2; its form is upper(text: string) -> string" },
};

static struct str call(const struct row *r)
{
    const struct value *args = val(str_c(test_arena, str_fmt(test_arena, "[%s]", r->args)));
    struct eval e = { .arena = test_arena };
    const struct value *v = expr_call(&e, str_of(r->name), args->list.v, args->list.n, SPAN_NONE);
    if (v)
        return val_text(v);
    return str_fmt(test_arena, "%s: %.*s%s%.*s", diag_name(e.code), STR_ARG(e.problem), e.help.n ? "; " : "", STR_ARG(e.help));
}

static void functions_give_what_they_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str got = call(&rows[i]);
        if (!str_is(got, rows[i].want))
            fail_msg("%s(%s)\n  gives %.*s\n  want  %s", rows[i].name, rows[i].args, STR_ARG(got), rows[i].want);
    }
}

static void every_function_is_tested_and_sorted(void **state)
{
    (void)state;
    for (size_t i = 0; i < builtin_count(); i++) {
        const struct builtin *b = builtin_at(i);
        assert_ptr_equal(builtin_find(str_of(b->name)), b);
        assert_true(!i || strcmp(builtin_at(i - 1)->name, b->name) < 0);
        bool found = false;
        for (size_t k = 0; k < sizeof rows / sizeof *rows && !found; k++)
            found = strcmp(rows[k].name, b->name) == 0;
        if (!found)
            fail_msg("no test for %s", b->name);
    }
}

/* The type that a signature gives must admit the value that the function gives. */
static void types_agree_with_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct builtin *b = builtin_find(str_of(rows[i].name));
        const struct value *args = val(str_c(test_arena, str_fmt(test_arena, "[%s]", rows[i].args)));
        struct eval e = { .arena = test_arena };
        const struct value *v = b ? expr_call(&e, str_of(b->name), args->list.v, args->list.n, SPAN_NONE) : NULL;
        if (!v || !value_is_known(v))
            continue;
        const struct type *t[8];
        for (size_t k = 0; k < args->list.n; k++)
            t[k] = type_of(test_arena, args->list.v[k]);
        const struct type *ty = builtin_type(&e, b, t, args->list.n, NULL);
        if (!ty)
            fail_msg("%s(%s): %.*s", rows[i].name, rows[i].args, STR_ARG(e.problem));
        struct type_mistake m;
        if (!type_admit(&e, ty, v, &m))
            fail_msg("%s(%s) is %.*s, not %.*s", rows[i].name, rows[i].args, STR_ARG(val_text(v)), STR_ARG(typ_text(ty)));
    }
}

static void patterns_match_as_posix_says(void **state)
{
    (void)state;
    static const struct { const char *pattern, *yes, *no; } r[] = {
        { "^a|b$", "ax", "ba" }, { "^(a|b)$", "b", "ab" }, { "^[^a-c]$", "d", "b" }, { "^[]x-]+$", "]x-", "[" }, { "^[[:alpha:]_][[:alnum:]_]*$", "a1_", "1a" },
        { "^a{2}$", "aa", "aaa" }, { "^a{2,}$", "aaaa", "a" }, { "^a{0,2}b$", "aab", "aaab" }, { "^(ab)+$", "abab", "aba" }, { "^a?b$", "b", "aab" }, { "x", "axb", "ab" },
        { "^.$", "\xc3\xbc", "ab" }, { "^[\xc3\xa4-\xc3\xbc]$", "\xc3\xb6", "a" }, { "^a\\.b$", "a.b", "axb" }, { "^()$", "", "a" }, { "^(a*)*$", "aaa", "b" }, { "^(|a)+$", "aa", "b" },
        { "^[a\\]$", "\\", "b" }, { "a.c$", "xabc", "abcd" }, { "^(a|ab)(c|bcd)$", "abcd", "abd" }, { "^a)$", "a)", "a" }, { "^[a-z]{1,3}([.][a-z]{1,3}){1,2}$", "a.bc.d", "a.b.c.d" },
    };
    for (size_t i = 0; i < sizeof r / sizeof *r; i++)
        for (int k = 0; k < 2; k++) {
            const struct value *args[] = { value_str(test_arena, str_of(k ? r[i].no : r[i].yes)), value_str(test_arena, str_of(r[i].pattern)) };
            struct eval e = { .arena = test_arena };
            const struct value *v = expr_call(&e, STR("matches"), args, 2, SPAN_NONE);
            if (!v || v->b != (k == 0))
                fail_msg("%s against %s: %.*s", r[i].pattern, args[0]->s.s, STR_ARG(e.problem));
        }
    static const char *const bad[] = { "*a", "a{", "a{2,1}", "a{3000}", "[a", "[[:what:]]", "[z-a]", "(", "a\\", "[[.a.]]", "((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct value *args[] = { &value_empty_string, value_str(test_arena, str_of(bad[i])) };
        struct eval e = { .arena = test_arena };
        if (expr_call(&e, STR("matches"), args, 2, SPAN_NONE))
            fail_msg("taken: %s", bad[i]);
    }
}

/* What makes backtracking and DFA matchers explode. */
static void hostile_patterns_end(void **state)
{
    (void)state;
    static const char *const patterns[] = { "(a|b)*a(a|b){60}c", "(a*)*b", "(a|aa)+c$", "(x+x+)+y", "(a{1,50}){1,20}c" };
    char text[60000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "ab"[i * i % 7 & 1];
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        const struct value *args[] = { value_str(test_arena, (struct str){ text, sizeof text }), value_str(test_arena, str_of(patterns[i])) };
        struct eval e = { .arena = test_arena };
        const struct value *v = expr_call(&e, STR("matches"), args, 2, SPAN_NONE);
        assert_true(v ? !v->b || i == 1 : e.code == DIAG_E0403);
    }
}

struct typed { const char *name, *args, *want; };          /* args: a JSON list of types */

static void element_types_flow(void **state)
{
    (void)state;
#define LIST(t) "{\"kind\":\"list\",\"elem\":" t "}"
#define MAYBE(t) "{\"kind\":\"optional\",\"elem\":" t "}"
#define ID(n) "{\"kind\":\"id\",\"name\":\"" n "\"}"
    static const struct typed r[] = {
        { "first", "[" LIST(ID("subnet")) "]", "id[\"subnet\"]?" }, { "flatten", "[" LIST(LIST("\"int\"")) "]", "list[int]" },
        { "zip", "[" LIST("\"int\"") "," LIST("\"string\"") "]", "list[{ a: int, b: string }]" }, { "sort", "[" LIST("\"version\"") "]", "list[version]" },
        { "compact", "[" LIST(MAYBE("\"int\"")) "]", "list[int]" }, { "values", "[{\"kind\":\"map\",\"elem\":\"cidr4\"}]", "list[cidr4]" },
        { "subnet", "[\"cidr4\",\"int\",\"int\"]", "cidr4" }, { "abs", "[\"float\"]", "float" }, { "max", "[\"range\"]", "int" },
        { "get", "[{\"kind\":\"map\",\"elem\":\"int\"},\"string\"]", "int?" }, { "get", "[{\"kind\":\"map\",\"elem\":\"int\"},\"string\",\"int\"]", "int" },
        { "id", "[{\"kind\":\"literal\",\"value\":\"vpc\"},\"string\"]", "id[\"vpc\"]" },
        { "upper", "[{\"kind\":\"secret\",\"elem\":\"string\"}]", "secret[string]" }, { "json_decode", "[\"string\"]", "any" },
        { "first", "[\"int\"]", "E: `first` takes list[T] as list, got int" }, { "sum", "[\"string\"]", "E: `sum` takes list[T] as list, got string" },
        { "subnet", "[\"string\",\"int\",\"int\"]", "E: `subnet` takes cidr as block, got string" },
        { "upper", "[" MAYBE("\"string\"") "]", "E: `upper` takes string as text, got string?" }, { "size", "[\"int\"]", "E: `size` takes list[any] as of, got int" },
        { "merge", "[{\"kind\":\"object\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]},{\"kind\":\"object\",\"fields\":[{\"name\":\"b\",\"type\":\"bool\"}]}]", "{ a: int, b: bool }" },
    };
    for (size_t i = 0; i < sizeof r / sizeof *r; i++) {
        const struct value *l = val(r[i].args);
        const struct type *t[8];
        for (size_t k = 0; k < l->list.n; k++)
            assert_non_null(t[k] = read_type_json(test_arena, l->list.v[k]));
        struct eval e = { .arena = test_arena };
        const struct type *ty = builtin_type(&e, builtin_find(str_of(r[i].name)), t, l->list.n, NULL);
        assert_str(ty ? typ_text(ty) : str_fmt(test_arena, "E: %.*s", STR_ARG(e.problem)), r[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_give_what_they_say), cmocka_unit_test(every_function_is_tested_and_sorted),
        cmocka_unit_test(types_agree_with_values), cmocka_unit_test(patterns_match_as_posix_says),
        cmocka_unit_test(hostile_patterns_end), cmocka_unit_test(element_types_flow),
    };
    return cmocka_run_group_tests(tests, test_arena_setup, test_arena_teardown);
}
