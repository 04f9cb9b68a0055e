/* SPDX-License-Identifier: Apache-2.0
 *
 * The driver is a few lines of Python, given with -c: so that modules are found as `python3 -m` finds them, and no file is left anywhere.
 */
#include "repeat.h"

#include <stdbool.h>
#include <string.h>

#include "pool.h"
#include "trouble.h"

/* Runs on Python 3.8 and later. Nothing in the loop makes anything that stays. */
static const char driver[] =
    "def _ffisan_repeat():\n"
    "    import ctypes, gc, importlib, importlib.util, inspect, os, sys, traceback\n"
    "    target, count = sys.argv[1], int(sys.argv[2])\n"
    "    def refuse(text):\n"
    "        sys.stderr.write('ffisan run: --repeat ' + target + ': ' + text + '\\n')\n"
    "        sys.exit(125)\n"
    "    def load(name):\n"
    "        if not name.endswith('.py'):\n"
    "            return importlib.import_module(name)\n"
    "        if not os.path.isfile(name):\n"
    "            refuse('there is no file ' + name)\n"
    "        sys.path[:1] = [os.path.dirname(os.path.abspath(name))]\n"
    "        stem = os.path.splitext(os.path.basename(name))[0]\n"
    "        spec = importlib.util.spec_from_file_location(stem, name)\n"
    "        sys.modules[stem] = module = importlib.util.module_from_spec(spec)\n"
    "        spec.loader.exec_module(module)\n"
    "        return module\n"
    "    def find(name, way):\n"
    "        sys.argv[:] = [name]\n"
    "        try:\n"
    "            thing = load(name)\n"
    "        except ModuleNotFoundError as error:\n"
    "            if error.name and (name + '.').startswith(error.name + '.'):\n"
    "                refuse('there is no module ' + error.name + ' (looked for in ' + (os.getcwd() if sys.path[:1] == [''] else "
    "'sys.path') + ' and where Python has its packages)')\n"
    "            traceback.print_exc()\n"
    "            refuse('the module cannot be imported')\n"
    "        except Exception:\n"
    "            traceback.print_exc()\n"
    "            refuse('the module cannot be imported')\n"
    "        for part in way.split('.'):\n"
    "            if not hasattr(thing, part):\n"
    "                refuse(name + ' has no ' + way)\n"
    "            thing = getattr(thing, part)\n"
    "        if not callable(thing):\n"
    "            refuse('that is no callable, but of type ' + type(thing).__name__)\n"
    "        if inspect.iscoroutinefunction(thing) or inspect.isgeneratorfunction(thing):\n"
    "            refuse('calling that runs nothing; name a plain function that runs it to its end')\n"
    "        return thing\n"
    "    try:\n"
    "        step = ctypes.PyDLL(None).ffisan_repeat_step\n"
    "    except AttributeError:\n"
    "        refuse('the shim is not in this process')\n"
    "    function = find(*target.rsplit(':', 1))\n"
    "    calls, what = 0, step(count)\n"
    "    while what in (1, 2):\n"
    "        if what == 2:\n"
    "            gc.collect()\n"
    "        else:\n"
    "            calls += 1\n"
    "            try:\n"
    "                function()\n"
    "            except Exception:\n"
    "                traceback.print_exc()\n"
    "                sys.stderr.write('ffisan run: --repeat ' + target + ': raised an exception, in call ' + str(calls) + '; "
    "nothing was measured\\n')\n"
    "                sys.exit(1)\n"
    "        what = step(count)\n"
    "    if what:\n"
    "        refuse('cannot be watched: the interpreter is not one that is known, the shim is off, or there is no memory')\n"
    "_ffisan_repeat()\n";

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_interpreter(const char *word) {
    const char *name = base_name(word);
    return strncmp(name, "python", 6) == 0 && strspn(name + 6, "0123456789.dt") == strlen(name + 6);
}

/* The last word that is one: what is before it runs it (env, uv run). -1: none is. */
static int find_interpreter(char *const *command) {
    int found = -1;
    for (int i = 0; command[i]; i++)
        if (is_interpreter(command[i]))
            found = i;
    return found;
}

/* Whether the option takes the next word as its value. */
static bool takes_value(const char *option) {
    return strcmp(option, "-W") == 0 || strcmp(option, "-X") == 0 || strcmp(option, "--check-hash-based-pycs") == 0;
}

static struct trouble *check_options(char *const *option) {
    for (; *option; option++) {
        if ((*option)[0] != '-' || strcmp(*option, "-") == 0)
            return trouble_new(
                "with --repeat nothing but options of Python's may follow the interpreter, not '%s'; a script is named in "
                "--repeat itself: --repeat '%s:function'",
                *option, *option);
        if (strncmp(*option, "-c", 2) == 0 || strncmp(*option, "-m", 2) == 0)
            return trouble_new("with --repeat the interpreter runs the callable, and cannot have %.2s as well", *option);
        if (takes_value(*option) && option[1])
            option++;
    }
    return NULL;
}

static struct trouble *check_target(const char *target) {
    const char *colon = strrchr(target, ':');
    if (!colon || colon == target || !colon[1])
        return trouble_new("--repeat takes 'module:callable' or 'file.py:callable', not '%s'", target);
    return NULL;
}

struct trouble *repeat_command(struct pool *pool, const struct repeat_wanted *wanted, char *const **command) {
    struct trouble *trouble = check_target(wanted->target);
    int interpreter = find_interpreter(*command), count = 0;
    if (!trouble && interpreter < 0)
        trouble = trouble_new(
            "--repeat calls a function of Python's: the command has to be an interpreter, as in 'ffisan run --repeat %s -- "
            "python3', and '%s' is none",
            wanted->target, (*command)[0]);
    if (!trouble)
        trouble = check_options(&(*command)[interpreter + 1]);
    if (trouble)
        return trouble;
    while ((*command)[count])
        count++;
    char **longer = pool_get(pool, ((size_t)count + 5) * sizeof(*longer));
    memcpy(longer, *command, (size_t)count * sizeof(*longer));
    longer[count] = pool_copy(pool, "-c");
    longer[count + 1] = pool_copy(pool, driver);
    longer[count + 2] = pool_copy(pool, wanted->target);
    longer[count + 3] = pool_text(pool, "%u", wanted->count ? wanted->count : REPEAT_COUNT_STANDARD);
    *command = longer;
    return NULL;
}
