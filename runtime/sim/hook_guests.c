/* hook_guests.c - what runs inside an instance, by script: it joins what it is made for, or never does; it dies, or takes its instance down.
 *
 * A script is clauses with commas: "joins after 90s", "never joins", "dies after 5m", "shuts down after 1h", "is reclaimed after 1h". It stands in the instance's tag
 * `sandbox:guest`, else in the first row of the behaviour's `guests` that fits (image, user_data: patterns; tag: name and pattern), else it is the usual one.
 * The time to join counts from the launch; to the end from then on. A guest is an object of its own, so that its time comes by itself and survives a restart. */
#include <string.h>
#include "hook.h"
#include "kc/hash.h"

struct script { bool never; int64_t joins, ends; const char *end; };

static bool after(struct str clause, const char *what, int64_t *ms)
{
    return str_starts(clause, str_of(what)) && duration_parse(str_trim(str_sub(clause, strlen(what), clause.n)), ms);
}

static void read_script(struct str text, struct script *out)
{
    struct str clause;

    while (str_cut(&text, ',', &clause)) {
        clause = str_trim(clause);
        if (str_is(clause, "never joins"))
            out->never = true;
        else if (after(clause, "joins after ", &out->joins))
            out->never = false;
        else if (after(clause, "dies after ", &out->ends))
            out->end = "dead";
        else if (after(clause, "shuts down after ", &out->ends))
            out->end = "off";
        else if (after(clause, "is reclaimed after ", &out->ends))
            out->end = "reclaimed";
    }
}

static bool fits(struct arena *a, const struct value *row, const struct object *instance)
{
    struct str image = data_str(row, "image"), data = data_str(row, "user_data"), text = STR_NONE;
    const struct value *tags = value_get(row, STR("tag"));
    size_t i;

    if (image.n && !sim_glob(image, tree_text(a, instance->attrs, STR("ImageId"))))
        return false;
    if (data.n && (!base64_decode(a, tree_text(a, instance->attrs, STR("UserData")), &text) || !sim_glob(data, text)))
        return false;
    for (i = 0; tags && tags->kind == VALUE_OBJECT && i < tags->object.n; i++) {
        const struct value *v = value_get(instance->tags, tags->object.v[i].key);

        if (!v || !sim_glob(value_text(a, tags->object.v[i].value), value_text(a, v)))
            return false;
    }
    return true;
}

static struct script script_of(struct sim *s, struct arena *a, const struct object *instance)
{
    const struct value *own = value_get(instance->tags, STR("sandbox:guest")), *all = value_get(instance->kind->service->lets, STR("guests"));
    const struct value *rows = all ? value_get(all, STR("rows")) : NULL;
    struct script out = { .joins = 0 };
    size_t i;

    (void)s;
    read_script(data_str(all, "usual"), &out);
    if (own) {
        read_script(value_text(a, own), &out);
        return out;
    }
    for (i = 0; rows && rows->kind == VALUE_LIST && i < rows->list.n; i++)
        if (fits(a, rows->list.v[i], instance)) {
            read_script(data_str(rows->list.v[i], "script"), &out);
            break;
        }
    return out;
}

static const struct value *took(struct arena *a, const struct value *list, int64_t ms)
{
    return tree_list(a, list, value_int(a, ms));
}

void guest_starts(struct sim *s, struct arena *a, const struct object *instance)
{
    struct script script = script_of(s, a, instance);
    const struct value *steps = tree_list(a, NULL, text_value(a, "booting")), *takes = NULL, *plan;
    struct object *o;

    guest_ends(s, instance);
    if (!script.never) {
        steps = tree_list(a, steps, text_value(a, "well"));
        takes = took(a, takes, script.joins);
    }
    if (script.end) {
        steps = tree_list(a, steps, text_value(a, script.end));
        takes = took(a, takes, script.ends);
    }
    plan = tree_put(a, put_str(a, put_str(a, NULL, "field", STR("State")), "settle", STR("guest_ended")), STR("steps"), steps);
    o = object_new(s, ec2_kind(s, "guest"), instance->id, instance->region, put_str(a, NULL, "InstanceId", instance->id));
    object_run(s, o, value_keep(s->account, takes ? tree_put(a, plan, STR("takes"), takes) : plan), false, NULL);
}

void guest_ends(struct sim *s, const struct object *instance)
{
    struct object *o = object_find(ec2_kind(s, "guest"), instance->id);

    if (o)
        object_remove(s, o);
}

struct str guest_state(struct sim *s, const struct object *instance)
{
    struct object *o = object_find(ec2_kind(s, "guest"), instance->id);

    return o ? object_state(o) : STR_NONE;
}

bool guest_is_well(struct sim *s, const struct object *instance)
{
    return str_is(object_state(instance), "running") && str_is(guest_state(s, instance), "well");
}

/* Its last step: one that shuts down, or whose machine is taken away, takes its instance along. */
static bool guest_ended(struct hook_call *c)
{
    struct object *instance = object_find(ec2_kind(c->sim, "instance"), c->o->id);

    if (!instance)
        return true;
    if (str_is(c->last, "off"))
        instance_shuts_down(c->sim, c->a, instance);
    else if (str_is(c->last, "reclaimed"))
        instance_terminate(c->sim, c->a, instance, "Server.SpotInstanceTermination", "Server.SpotInstanceTermination: Spot instance termination");
    return true;
}

const struct hook hooks_guests[] = {
    { "guest_ended", guest_ended },
    { NULL, NULL },
};
