/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mask.h"
#include "pool.h"

/* Two arguments in, two out: what hides the second one stands in the first. */
static const struct {
    const char *given[2], *shown[2];
} rows[] = {
    {{"--token", "abc"}, {"--token", "***"}},
    {{"--token=abc", "x"}, {"--token=***", "x"}},
    {{"--api-token=a=b", "x"}, {"--api-token=***", "x"}},
    {{"-password", "abc"}, {"-password", "***"}},
    {{"--db.password", "abc"}, {"--db.password", "***"}},
    {{"--dbPassword", "abc"}, {"--dbPassword", "***"}},
    {{"DB_PASSWORD=abc", "x"}, {"DB_PASSWORD=***", "x"}},
    {{"PGPASSWORD=abc", "x"}, {"PGPASSWORD=***", "x"}},
    {{"AWS_SECRET_ACCESS_KEY=abc", "x"}, {"AWS_SECRET_ACCESS_KEY=***", "x"}},
    {{"--credential", "abc"}, {"--credential", "***"}},
    {{"--ssh-key", "abc"}, {"--ssh-key", "***"}},
    {{"--password", "--token"}, {"--password", "***"}},
    {{"--keyboard", "us"}, {"--keyboard", "us"}},
    {{"--monkey=1", "--compass"}, {"--monkey=1", "--compass"}},
    {{"-p", "abc"}, {"-p", "abc"}},
    {{"token", "abc"}, {"token", "abc"}},
    {{"postgres://me:pw@host/db", "x"}, {"postgres://me:***@host/db", "x"}},
    {{"--url=https://me:p:w@host:80/?a=b", "x"}, {"--url=https://me:***@host:80/?a=b", "x"}},
    {{"https://a:b@c https://d:e@f", "x"}, {"https://a:***@c https://d:***@f", "x"}},
    {{"https://host:80/a@b", "git@host:x"}, {"https://host:80/a@b", "git@host:x"}},
    {{"https://me@host/", "://"}, {"https://me@host/", "://"}},
};

static void secrets_are_masked(void **state) {
    (void)state;
    struct pool *pool = pool_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char **shown = mask_arguments(pool, rows[i].given, 2);
        assert_string_equal(shown[0], rows[i].shown[0]);
        assert_string_equal(shown[1], rows[i].shown[1]);
    }
    pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(secrets_are_masked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
