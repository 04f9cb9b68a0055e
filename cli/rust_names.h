/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of Rust's functions as people write them. Rust's older symbols are C++'s with a hash behind them and escapes inside
 * (rust-lang/rust, compiler/rustc_symbol_mangling/src/legacy.rs): "greeting::_$LT$impl$u20$Trait$GT$::f::h0123456789abcdef" is
 * "greeting::<impl Trait>::f". The hash changes with every build, the rest does not.
 */
#ifndef FFISAN_CLI_RUST_NAMES_H
#define FFISAN_CLI_RUST_NAMES_H

struct pool;

/* `demangled` as C++'s demangler gave it. NULL: it is not one of Rust's. */
const char *rust_name(struct pool *pool, const char *demangled);

#endif
