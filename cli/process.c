/* SPDX-License-Identifier: Apache-2.0
 *
 * What a record file says about its process: header, modules, notes, programs started.
 */
#include <limits.h>
#include <string.h>

#include "findings.h"
#include "pool.h"
#include "reader.h"

const char *path_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static char *copy_raw(struct pool *pool, const char *text, size_t length) {
    return memcpy(pool_get(pool, length + 1), text, length);
}

/* By the loader's name and by the kernel's (/proc/PID/maps): one thing, and no file. */
static const char *file_or_vdso(const char *path) {
    return strncmp(path, "linux-vdso.so.", strlen("linux-vdso.so.")) == 0 ? "[vdso]" : path;
}

static void module_read(struct process *process, struct pool *pool, const struct record *record) {
    const struct ffisan_record_module *from = record->as.module;
    struct module *module = pool_append(pool, &process->modules, &process->module_count, sizeof(*module));
    size_t length = record_text_length(record, offsetof(struct ffisan_record_module, path));
    *module = (struct module){.id = from->id,
                              .first_generation = from->generation,
                              .gone_generation = UINT32_MAX,
                              .start = from->start,
                              .end = from->end,
                              .bias = from->bias,
                              .path_raw = file_or_vdso(copy_raw(pool, from->path, length)),
                              .path = file_or_vdso(pool_clean(pool, from->path, length))};
    module->build_id_size = from->build_id_size <= sizeof(module->build_id) ? from->build_id_size : 0;
    memcpy(module->build_id, from->build_id, module->build_id_size);
    module->name = path_name(module->path);
}

static void module_gone(struct process *process, const struct ffisan_record_module_gone *from) {
    for (size_t i = 0; i < process->module_count; i++)
        if (process->modules[i].id == from->id)
            process->modules[i].gone_generation = from->generation;
}

static void note_read(struct process *process, struct pool *pool, const struct record *record) {
    struct note *note = pool_append(pool, &process->notes, &process->note_count, sizeof(*note));
    size_t length = record_text_length(record, offsetof(struct ffisan_record_note, detail));
    *note = (struct note){.kind = (enum ffisan_note)record->as.note->note,
                          .detail = pool_clean(pool, record->as.note->detail, length)};
}

static void execution_read(struct process *process, struct pool *pool, const struct record *record) {
    const struct ffisan_record_exec *from = record->as.exec;
    struct execution *execution = pool_append(pool, &process->executions, &process->execution_count, sizeof(*execution));
    size_t length = record_text_length(record, offsetof(struct ffisan_record_exec, path));
    *execution = (struct execution){.pid = (int)(from->pid & INT_MAX),
                                    .watch = (enum ffisan_exec_watch)from->watch,
                                    .time_ns = from->time_ns,
                                    .path_raw = copy_raw(pool, from->path, length),
                                    .path = pool_clean(pool, from->path, length)};
}

static void argv_read(struct process *process, struct pool *pool, const struct ffisan_record_header *header) {
    const char *at = header->argv, *end = header->argv + sizeof(header->argv);
    for (uint32_t i = 0; i < header->argc && at < end; i++) {
        const char **argument = pool_append(pool, &process->argv, &process->argc, sizeof(*argument));
        *argument = pool_clean(pool, at, (size_t)(end - at));
        at += strnlen(at, (size_t)(end - at)) + 1;
    }
    process->argv_cut = header->argv_cut || process->argc < header->argc;
}

static void header_read(struct process *process, struct pool *pool, const struct ffisan_record_header *header) {
    process->pid = (int)(header->pid & INT_MAX);
    process->ppid = (int)(header->ppid & INT_MAX);
    process->forked = header->forked;
    process->start_ns = header->start_ns;
    process->executable = pool_clean(pool, header->executable, sizeof(header->executable));
    process->end = (enum ffisan_end)header->end;
    process->exited = header->end == FFISAN_END_EXIT;
    process->exit_status = header->exit_status;
    process->killed = header->end == FFISAN_END_SIGNAL;
    process->signal = (int)(header->end_signal & INT_MAX);
    process->leaks = (enum ffisan_leak_verdict)header->leak_verdict;
    process->crossings = header->crossings;
    process->lost = header->lost;
    process->python = header->python_version != 0;
    process->python_memory =
        header->python_memory == FFISAN_PYTHON_MEMORY_FULL ? FFISAN_PYTHON_MEMORY_FULL : FFISAN_PYTHON_MEMORY_LENT;
    argv_read(process, pool, header);
}

void process_read(struct process *process, struct pool *pool, const struct record_file *file, const char *path) {
    *process = (struct process){.records = pool_clean(pool, path, POOL_CLEAN_ALL), .executable = "", .blank = file->blank};
    if (file->blank)
        return;
    header_read(process, pool, &file->header);
    process->cut = file->cut;
    process->damage = file->damage;
    for (struct record record = {0}; record_next(file, &record);) {
        if (record.type == FFISAN_RECORD_MODULE)
            module_read(process, pool, &record);
        else if (record.type == FFISAN_RECORD_MODULE_GONE)
            module_gone(process, record.as.gone);
        else if (record.type == FFISAN_RECORD_NOTE)
            note_read(process, pool, &record);
        else if (record.type == FFISAN_RECORD_EXEC)
            execution_read(process, pool, &record);
        else if ((record.type == FFISAN_RECORD_FINDING || record.type == FFISAN_RECORD_CALL) && !record_items_sound(&record))
            process->findings_damaged++;
    }
}

const struct module *process_module(const struct process *process, uint32_t id) {
    for (size_t i = 0; id && i < process->module_count; i++)
        if (process->modules[i].id == id)
            return &process->modules[i];
    return NULL;
}

const struct module *process_module_at(const struct process *process, uint64_t address, uint32_t generation) {
    for (size_t i = 0; i < process->module_count; i++) {
        const struct module *module = &process->modules[i];
        if (address >= module->start && address < module->end && generation >= module->first_generation &&
            generation < module->gone_generation)
            return module;
    }
    return NULL;
}
