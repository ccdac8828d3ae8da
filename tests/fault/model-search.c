/* SPDX-License-Identifier: Apache-2.0 */
/* Breadth first over canonical machines; then, over the graph that was found, a look for ways that
 * go on for ever without an end. */
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "tests/fault/model.h"

#define NOWHERE UINT32_MAX

struct edge {
	uint32_t to : 30, fairness : 2;
};

struct graph {
	const struct scene *scene;
	struct report *report;
	size_t size; /* of one packed machine */
	uint8_t *states;
	uint32_t n, room;
	uint32_t *parent;      /* of each state, where it was first come from */
	struct choice *choice; /* and by what */
	uint32_t *first;       /* of each state, its first edge; one more at the end */
	bool *final;
	struct edge *edges;
	size_t n_edges, edge_room;
	uint32_t *table;
	size_t mask;
};

static uint64_t hash_of(const uint8_t *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h ^ h >> 29;
}

static uint8_t *state_at(const struct graph *g, uint32_t i)
{
	return g->states + (size_t)i * g->size;
}

static void grow(struct graph *g)
{
	g->room = g->room ? g->room * 2 : 1 << 14;
	g->states = xrealloc(g->states, (size_t)g->room * g->size);
	g->parent = xrealloc(g->parent, g->room * sizeof(*g->parent));
	g->choice = xrealloc(g->choice, g->room * sizeof(*g->choice));
	g->first = xrealloc(g->first, (g->room + 1) * sizeof(*g->first));
	g->final = xrealloc(g->final, g->room * sizeof(*g->final));
	free(g->table);
	g->mask = (size_t)g->room * 2 - 1;
	g->table = xmalloc((g->mask + 1) * sizeof(*g->table));
	memset(g->table, 0xff, (g->mask + 1) * sizeof(*g->table));
	for (uint32_t i = 0; i < g->n; i++) {
		size_t at = hash_of(state_at(g, i), g->size) & g->mask;

		while (g->table[at] != NOWHERE)
			at = (at + 1) & g->mask;
		g->table[at] = i;
	}
}

static uint32_t add_state(struct graph *g, const uint8_t *packed, uint32_t parent, struct choice c)
{
	size_t at;

	if (g->n == g->room)
		grow(g);
	at = hash_of(packed, g->size) & g->mask;
	for (; g->table[at] != NOWHERE; at = (at + 1) & g->mask)
		if (memcmp(state_at(g, g->table[at]), packed, g->size) == 0)
			return g->table[at];
	g->table[at] = g->n;
	memcpy(state_at(g, g->n), packed, g->size);
	g->parent[g->n] = parent;
	g->choice[g->n] = c;
	return g->n++;
}

static void add_edge(struct graph *g, uint32_t to, uint8_t fairness)
{
	if (g->n_edges == g->edge_room) {
		g->edge_room = g->edge_room ? g->edge_room * 2 : 1 << 16;
		g->edges = xrealloc(g->edges, g->edge_room * sizeof(*g->edges));
	}
	g->edges[g->n_edges++] = (struct edge){ .to = to & 0x3fffffff, .fairness = fairness & 3 };
}

/* The way to a state, walked once more with nothing forgotten: its records are a real history. */
static struct machine retrace(const struct graph *g, uint32_t state, struct buf *out)
{
	uint32_t *way = NULL, n = 0;
	struct machine m;

	for (uint32_t s = state; s; s = g->parent[s])
		n++;
	way = NEW(uint32_t, n + 1);
	for (uint32_t s = state, i = n; s; s = g->parent[s])
		way[--i] = s;
	machine_init(&m, g->scene);
	m.trace = out;
	for (uint32_t i = 0; i < n; i++)
		machine_do(&m, g->choice[way[i]]);
	free(way);
	return m;
}

static void note(struct graph *g, enum property p, const char *how, uint32_t state,
		 const struct choice *last)
{
	struct buf trace = BUF_INIT;
	struct machine m;

	if (g->report->how[p])
		return;
	g->report->how[p] = how;
	m = retrace(g, state, &trace);
	if (last)
		machine_do(&m, *last);
	machine_done(&m);
	g->report->trace[p] = buf_take(&trace);
}

static void expand(struct graph *g, uint32_t i)
{
	struct choice choices[CHOICES_MAX];
	uint8_t packed[PACKED_MAX];
	bool goes_on = false;
	struct machine m;
	size_t n;

	machine_unpack(&m, g->scene, state_at(g, i));
	n = machine_choices(&m, choices);
	g->final[i] = machine_is_final(&m);
	if (m.how)
		note(g, m.broken, m.how, i, NULL);
	machine_done(&m);
	for (size_t k = 0; k < n; k++) {
		machine_unpack(&m, g->scene, state_at(g, i));
		machine_do(&m, choices[k]);
		if (m.how)
			note(g, m.broken, m.how, i, &choices[k]);
		(void)machine_pack(&m, packed);
		machine_done(&m);
		add_edge(g, add_state(g, packed, i, choices[k]), choices[k].fairness);
		goes_on |= choices[k].fairness == FAIR;
	}
	g->report->choices += n;
	if (!g->final[i] && !goes_on)
		note(g, P_LIMBO, "nothing happens any more, and there is no end", i, NULL);
}

/* Tarjan's components over everything that may happen for ever; a component with an edge inside
 * is a way without an end. Final states have only edges that somebody has to wish for. */
struct tarjan {
	const struct graph *g;
	uint32_t *index, *low, *stack, *call, *edge, n_stack, n_call, next;
	bool *on_stack;
};

static bool for_ever(const struct edge *e)
{
	return e->fairness != SELDOM;
}

static void enter(struct tarjan *t, uint32_t v)
{
	t->index[v] = t->low[v] = ++t->next;
	t->stack[t->n_stack++] = v;
	t->on_stack[v] = true;
	t->edge[v] = t->g->first[v];
	t->call[t->n_call++] = v;
}

/* One look at the top of the call stack. The root of a component that goes in circles, or
 * NOWHERE. */
static uint32_t visit(struct tarjan *t)
{
	uint32_t v = t->call[t->n_call - 1], size = 0, w;

	while (t->edge[v] < t->g->first[v + 1]) {
		const struct edge *e = &t->g->edges[t->edge[v]++];

		if (!for_ever(e))
			continue;
		if (e->to == v)
			return v;
		if (!t->index[e->to]) {
			enter(t, e->to);
			return NOWHERE;
		}
		if (t->on_stack[e->to])
			t->low[v] = MIN(t->low[v], t->index[e->to]);
	}
	t->n_call--;
	if (t->n_call)
		t->low[t->call[t->n_call - 1]] =
			MIN(t->low[t->call[t->n_call - 1]], t->low[v]);
	if (t->low[v] != t->index[v])
		return NOWHERE;
	do {
		w = t->stack[--t->n_stack];
		t->on_stack[w] = false;
		size++;
	} while (w != v);
	return size > 1 ? v : NOWHERE;
}

static uint32_t find_circle(const struct graph *g)
{
	struct tarjan t = { .g = g,
			    .index = NEW(uint32_t, g->n),
			    .low = NEW(uint32_t, g->n),
			    .stack = NEW(uint32_t, g->n),
			    .call = NEW(uint32_t, g->n),
			    .edge = NEW(uint32_t, g->n),
			    .on_stack = NEW(bool, g->n) };
	uint32_t found = NOWHERE;

	for (uint32_t v = 0; v < g->n && found == NOWHERE; v++) {
		if (!t.index[v])
			enter(&t, v);
		while (t.n_call && found == NOWHERE)
			found = visit(&t);
	}
	free(t.index);
	free(t.low);
	free(t.stack);
	free(t.call);
	free(t.edge);
	free(t.on_stack);
	return found;
}

static uint32_t edge_choice(struct graph *g, uint32_t from, uint32_t to, struct choice *ret)
{
	struct choice choices[CHOICES_MAX];
	struct machine m;

	machine_unpack(&m, g->scene, state_at(g, from));
	(void)machine_choices(&m, choices);
	machine_done(&m);
	for (uint32_t e = g->first[from]; e < g->first[from + 1]; e++)
		if (g->edges[e].to == to && for_ever(&g->edges[e])) {
			*ret = choices[e - g->first[from]];
			return e;
		}
	return NOWHERE;
}

/* Breadth first from the circle's state back to itself. */
static void note_circle(struct graph *g, uint32_t start)
{
	uint32_t *from = xmalloc(g->n * sizeof(*from)), *queue = NEW(uint32_t, g->n);
	uint32_t *way = NEW(uint32_t, g->n + 1), head = 0, tail = 0, n = 0;
	struct buf trace = BUF_INIT;
	struct machine m;

	memset(from, 0xff, g->n * sizeof(*from));
	queue[tail++] = start;
	while (head < tail && from[start] == NOWHERE) {
		uint32_t v = queue[head++];

		for (uint32_t e = g->first[v]; e < g->first[v + 1]; e++)
			if (for_ever(&g->edges[e]) && from[g->edges[e].to] == NOWHERE) {
				from[g->edges[e].to] = v;
				queue[tail++] = g->edges[e].to;
			}
	}
	for (uint32_t v = start; n == 0 || v != start; v = from[v])
		way[n++] = v;
	m = retrace(g, start, &trace);
	buf_adds(&trace, "# ==== and from here for ever:\n");
	for (uint32_t v = start; n > 0; v = way[n]) {
		struct choice c = { 0 };

		if (edge_choice(g, v, way[--n], &c) != NOWHERE)
			machine_do(&m, c);
	}
	machine_done(&m);
	if (!g->report->how[P_LIMBO]) {
		g->report->how[P_LIMBO] = "a way that goes on for ever";
		g->report->trace[P_LIMBO] = buf_take(&trace);
	}
	buf_done(&trace);
	free(from);
	free(queue);
	free(way);
}

static void find_limbo(struct graph *g)
{
	uint32_t circle = find_circle(g);

	for (uint32_t i = 0; i < g->n; i++)
		g->report->finals += g->final[i];
	if (circle != NOWHERE)
		note_circle(g, circle);
}

static void graph_done(struct graph *g)
{
	free(g->states);
	free(g->parent);
	free(g->choice);
	free(g->first);
	free(g->final);
	free(g->edges);
	free(g->table);
}

void search(const struct scene *scene, size_t limit, struct report *ret)
{
	struct graph g = { .scene = scene, .report = ret };
	uint8_t packed[PACKED_MAX];
	uint32_t level_end = 1;
	struct machine m;

	*ret = (struct report){ .states = 0 };
	machine_init(&m, scene);
	g.size = machine_pack(&m, packed);
	machine_done(&m);
	(void)add_state(&g, packed, 0, (struct choice){ 0 });
	for (uint32_t i = 0; i < g.n && g.n < limit; i++) {
		if (i == level_end) {
			level_end = g.n;
			ret->depth++;
		}
		g.first[i] = (uint32_t)g.n_edges;
		expand(&g, i);
		g.first[i + 1] = (uint32_t)g.n_edges;
	}
	ret->states = g.n;
	if (g.n >= limit)
		ret->how[P_ABSTRACT] = "there are more states than the limit: not all were seen";
	else
		find_limbo(&g);
	graph_done(&g);
}

void report_done(struct report *r)
{
	for (int p = 0; p < N_PROPERTIES; p++)
		free(r->trace[p]);
}
