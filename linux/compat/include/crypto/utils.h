/* SPDX-License-Identifier: GPL-2.0-only */
/* Before 6.7 crypto_memneq() was in crypto/algapi.h. */
#if __has_include_next(<crypto/utils.h>)
#include_next <crypto/utils.h>
#else
#include <crypto/algapi.h>
#endif
