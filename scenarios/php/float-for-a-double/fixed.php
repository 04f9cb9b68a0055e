<?php
// SPDX-License-Identifier: Apache-2.0
$libm = FFI::cdef("double pow(double base, double exponent);", "libm.so.6");

printf("2 to the 10th is %.1f\n", $libm->pow(2, 10));
