/* SPDX-License-Identifier: Apache-2.0
 * What makes an executable recognized as Go's: the section of its build information. */
__attribute__((section(".go.buildinfo"), used)) static const char build_info[] = "\xff Go buildinf:";

int main(void) {
    return 0;
}
