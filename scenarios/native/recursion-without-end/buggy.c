/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

struct node {
    struct node *parent;
    const char *name;
};

static int depth_of(const struct node *node) {
    char path[64];
    snprintf(path, sizeof(path), "%s/", node->name);
    if (node->parent == NULL)
        return 0;
    return 1 + depth_of(node->parent);
}

int main(void) {
    struct node root = {&root, "root"}, child = {&root, "child"};
    printf("%d\n", depth_of(&child));
    return 0;
}
