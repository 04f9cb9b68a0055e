/* SPDX-License-Identifier: Apache-2.0
 *
 * Many live blocks: `blocks COUNT SIZE [keep]`. They hang on one list; without `keep` they are freed before the end.
 */
#include <stdlib.h>
#include <string.h>

struct node {
    struct node *next;
};
static struct node *first;

int main(int argc, char **argv) {
    if (argc < 3)
        return 2;
    long count = atol(argv[1]);
    size_t size = (size_t)atol(argv[2]);
    for (long i = 0; i < count; i++) {
        struct node *node = malloc(size);
        if (node == NULL)
            return 1;
        memset(node, 1, size);
        node->next = first;
        first = node;
    }
    while (argc == 3 && first != NULL) {
        struct node *next = first->next;
        free(first);
        first = next;
    }
    return 0;
}
