/* SPDX-License-Identifier: Apache-2.0
 *
 * Which thread may do what with a handle, and when.
 */
#ifndef FFISAN_CONTRACT_THREADS_H
#define FFISAN_CONTRACT_THREADS_H

#include "contract/words.h"

/* SERIAL: on the way in; and when it has returned, whether it failed or not. */
extern word_step thread_serial, thread_serial_left;
/* CREATOR_THREAD and NO_REENTRY, on the way in. */
extern word_step thread_creator, thread_no_reentry;

#endif
