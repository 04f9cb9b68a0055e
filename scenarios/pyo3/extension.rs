// SPDX-License-Identifier: Apache-2.0
include!(env!("GREETING_SOURCE"));
