/* SPDX-License-Identifier: Apache-2.0
 *
 * GLib, right and wrong.
 */
#include <gio/gio.h>
#include <glib-object.h>
#include <glib.h>

#include "cases.h"
#include "closures.h"

/* ---- memory and texts ---- */

RIGHT(g_free_is_free) {
    free(g_strdup("text"));
    g_free(strdup("text"));
    free(g_realloc(malloc(16), 32));
    g_free(NULL);
}
RIGHT(vectors_and_texts) {
    char **words = g_strsplit("a b c", " ", -1), *kept = words[0];
    g_free(words[1]);
    g_free(words[2]);
    g_free(words);
    g_free(kept);
    g_strfreev(g_strsplit("a b", " ", -1));
    g_free(g_strjoin("-", "a", "b", NULL));
    g_free(g_strconcat("a", "b", NULL));
    puts(g_get_user_name());
    g_free(g_get_current_dir());
}
RIGHT(file_that_is_there_and_one_that_is_not) {
    char *text = NULL;
    gsize size;
    GError *error = NULL;
    if (g_file_get_contents("/proc/self/comm", &text, &size, NULL))
        g_free(text);
    g_file_get_contents("/nowhere", &text, &size, &error);
    g_clear_error(&error);
    g_file_get_contents("/nowhere", &text, NULL, &error);
    g_error_free(error);
}
WRONG(no_text_split, "null-argument", "g_strsplit") {
    g_strsplit(NULL, " ", -1);
}
WRONG(static_text_freed, "free-of-borrowed", "g_free") {
    g_free((void *)g_get_user_name());
}
WRONG(length_into_an_int, "buffer-too-small", "g_base64_decode") {
    int *size = block_of(sizeof(int), 0);
    g_free(g_base64_decode("dGV4dA==", (gsize *)size));
    free(size);
}
RIGHT(utf8_and_not) {
    g_utf8_strlen("gr\xc3\xbc\xc3\x9f", -1);
    g_utf8_validate("\xff\xfe", -1, NULL);
    g_free(g_utf8_make_valid("\xff", -1));
    g_free(g_utf8_normalize("\xff", -1, G_NORMALIZE_DEFAULT));
}
WRONG(latin1_as_utf8, "invalid-utf8", "g_utf8_strlen") {
    printf("%ld\n", g_utf8_strlen("gr\xfc\xdf und mehr", -1));
}

/* ---- containers and small things ---- */

RIGHT(containers) {
    GString *string = g_string_new("text");
    g_string_append(string, " more");
    g_free(g_string_free(string, FALSE));
    g_string_free(g_string_new(NULL), TRUE);
    GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
    g_hash_table_insert(table, g_strdup("key"), g_hash_table_new(NULL, NULL));
    g_hash_table_ref(table);
    g_hash_table_destroy(table);
    g_hash_table_size(table);
    g_hash_table_unref(table);
    GPtrArray *array = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(array, g_strdup("element"));
    g_ptr_array_free(array, TRUE);
    GBytes *bytes = g_bytes_new_take(g_strdup("text"), 5);
    g_bytes_ref(bytes);
    g_bytes_unref(bytes);
    g_free(g_bytes_unref_to_data(bytes, &(gsize){0}));
    GVariant *value = g_variant_ref_sink(g_variant_new("(si)", "text", 1));
    g_variant_unref(g_variant_ref(value));
    g_variant_unref(value);
}
RIGHT(lists_use_their_memory_again) {
    GList *list = NULL;
    for (int i = 0; i < 100; i++)
        list = g_list_prepend(list, g_strdup("element"));
    while (list) {
        g_free(list->data);
        list = g_list_delete_link(list, list);
    }
}
RIGHT(objects) {
    GObject *object = g_object_new(G_TYPE_OBJECT, NULL);
    g_object_set_data_full(object, "key", g_strdup("data"), g_free);
    g_object_set_data_full(object, "key", NULL, NULL);
    g_object_unref(g_object_ref(object));
    g_object_unref(object);
    GFile *file = g_file_new_for_path("/proc/self/comm");
    char *text;
    g_free(g_file_get_path(file));
    if (g_file_load_contents(file, NULL, &text, NULL, NULL, NULL))
        g_free(text);
    g_object_unref(file);
}
WRONG(loop_after_its_end, "use-after-close", "g_main_loop_is_running") {
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    g_main_loop_unref(loop);
    g_main_loop_is_running(loop);
}
WRONG(digest_into_less_than_said, "buffer-too-small", "g_checksum_get_digest") {
    GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
    guint8 *digest = block_of(28, 0);
    gsize size = 32;
    g_checksum_get_digest(checksum, digest, &size);
    g_checksum_free(checksum);
    free(digest);
}

/* ---- sources ---- */

static void source(int early) {
    struct closure function = {0}, notify = {0};
    guint id = g_idle_add_full(0, closure_make(&function, &ffi_type_sint, 1), NULL, closure_make(&notify, &ffi_type_void, 1));
    if (!early)
        g_source_remove(id);
    closure_drop(&function);
    if (early)
        g_source_remove(id);
    closure_drop(&notify);
}
RIGHT(function_dropped_after_its_notify) {
    source(0);
}
WRONG(function_dropped_before_its_notify, "collected-callback", "") {
    source(1);
}

static gboolean stop(void *loop) {
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}
RIGHT(loop_run_and_left) {
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    g_idle_add(stop, loop);
    g_timeout_add_full(0, 1, stop, g_strdup("never seen"), g_free);
    g_main_loop_run(loop);
    g_main_loop_unref(loop);
}
