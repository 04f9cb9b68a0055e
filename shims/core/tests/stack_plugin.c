/* SPDX-License-Identifier: Apache-2.0
 *
 * A library of which there are two, alike but for their frames: what was learnt of one is wrong for the other, when the other is
 * loaded where the first was.
 */
__attribute__((visibility("default"))) void plugin_call(void (*leaf)(void *), void *context);

__attribute__((noinline)) static void inner(void (*leaf)(void *), void *context) {
    volatile char room[FRAME * 64];
    room[0] = 1;
    leaf(context);
    room[1] = room[0];
}

void plugin_call(void (*leaf)(void *), void *context) {
    volatile char room[FRAME * 32];
    room[0] = 1;
    inner(leaf, context);
    room[1] = room[0];
}
