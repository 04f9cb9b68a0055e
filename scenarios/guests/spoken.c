/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that says of itself what belongs to whom (ffisan/ffisan.h). `spoken MODE` does everything right, `spoken MODE bug` what is wrong.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ffisan/ffisan.h>

struct node {
    int value;
    char name[28];
};

static struct node cells[8];
static unsigned used;
static char *label;

static struct node *node_get(void) {
    struct node *node = calloc(1, sizeof(*node));
    ffisan_owned(node, 0, "node_put");
    return node;
}

static void node_put(struct node *node) {
    ffisan_released(node, 0);
    free(node);
}

/* The same allocator under another name. */
static void node_put_last(struct node *node) {
    ffisan_released(node, 0);
    free(node);
}

static struct node *cell_get(size_t size) {
    struct node *cell = &cells[used++ % 8];
    ffisan_owned(cell, size, "cell_put");
    return cell;
}

static void cell_put(struct node *cell, size_t size) {
    ffisan_released(cell, size);
}

static void cell_count(struct node *cell) {
    ffisan_used(cell);
    cell->value++;
}

static const char *cell_name(struct node *cell) {
    ffisan_lent(cell->name, cell);
    return cell->name;
}

static void cell_rename(struct node *cell, const char *name) {
    ffisan_changed(cell);
    strncpy(cell->name, name, sizeof(cell->name) - 1);
}

static size_t name_length(const char *name) {
    ffisan_used(name);
    return strlen(name);
}

static void set_label(char *text) {
    ffisan_let_go(label);
    ffisan_retained(text, strlen(text) + 1, NULL);
    label = text;
}

static void closed(bool bug) {
    struct node *cell = cell_get(0);
    if (!bug)
        cell_count(cell);
    cell_put(cell, 0);
    if (bug)
        cell_count(cell);
}

static void lent(bool bug) {
    struct node *cell = cell_get(0);
    const char *name = cell_name(cell);
    name_length(name);
    cell_rename(cell, "other");
    name_length(bug ? name : cell_name(cell));
    cell_put(cell, 0);
}

static void size(bool bug) {
    struct node *cell = cell_get(sizeof(*cell));
    cell_put(cell, bug ? 4 : sizeof(*cell));
}

static void freed(bool bug) {
    struct node *node = node_get();
    if (bug)
        free(node);
    else
        node_put(node);
}

static void family(bool bug) {
    ffisan_family("node_put", "nodes");
    ffisan_family(bug ? "nobody" : "node_put_last", "nodes");
    node_put_last(node_get());
}

static void kept(bool bug) {
    char *text = strdup("a label"), *other = strdup("another");
    set_label(text);
    if (!bug)
        set_label(other);
    free(text);
    label = NULL;
    ffisan_let_go(other);
    free(other);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(bool bug);
    } modes[] = {{"closed", closed}, {"lent", lent}, {"size", size}, {"freed", freed}, {"family", family}, {"kept", kept}};
    bool bug = argc > 2 && strcmp(argv[2], "bug") == 0;
    errno = 77;
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
        if (argc > 1 && strcmp(modes[i].name, argv[1]) == 0)
            modes[i].run(bug);
    printf("%d %d\n", errno, cells[0].value);
    return 0;
}
