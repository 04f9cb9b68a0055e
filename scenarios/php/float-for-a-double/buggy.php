<?php
// SPDX-License-Identifier: Apache-2.0
$libm = FFI::cdef("float pow(float base, float exponent);", "libm.so.6");

printf("2 to the 10th is %.1f\n", $libm->pow(2, 10));
