-- SPDX-License-Identifier: Apache-2.0
local ffi = require("ffi")

ffi.cdef [[
typedef struct bignum_st BIGNUM;
BIGNUM *BN_new(void);
void BN_free(BIGNUM *number);
int BN_set_word(BIGNUM *number, unsigned long word);
unsigned long BN_get_word(const BIGNUM *number);
]]
local crypto = ffi.load("libcrypto.so.3")

local function bignum(word)
  local number = ffi.gc(crypto.BN_new(), crypto.BN_free)
  crypto.BN_set_word(number, word)
  return number
end

local function word_of(number)
  collectgarbage()
  return crypto.BN_get_word(number)
end

local kept = bignum(7)
local word = word_of(ffi.cast("const BIGNUM *", kept))
ffi.gc(kept, crypto.BN_free)
print(word ~= nil)
