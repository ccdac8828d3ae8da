/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The only place where text becomes a number. All return 0, -EINVAL (not a number, trailing
 * bytes, empty) or -ERANGE, and leave *ret alone on error. */

#include "lib/base/macro.h"

int parse_u64(const char *s, uint64_t *ret);	   /* decimal digits only, no sign, no space */
int parse_i64(const char *s, int64_t *ret);
int parse_u32(const char *s, uint32_t *ret);
int parse_int(const char *s, int *ret);
int parse_hex(const char *s, uint64_t *ret);	   /* with or without 0x */
int parse_octal_mode(const char *s, mode_t *ret); /* "0755", "644"; at most 07777 */
int parse_bool(const char *s, bool *ret);	   /* true yes on 1 / false no off 0 */
/* Durations as systemd and Kubernetes write them: "90s", "10m", "1h30m", "250ms", "2d", a bare
 * number is seconds. "infinity" and "none" give UINT64_MAX. Result in milliseconds. */
int parse_duration(const char *s, uint64_t *ret_ms);
/* Sizes: "4096", "64K", "64KiB", "2M", "2MiB", "10G", "10Gi", base 1024. Result in bytes. */
int parse_size(const char *s, uint64_t *ret);
/* RFC 3339 in UTC, "2026-01-02T03:04:05Z", with or without a fraction of a second, which is cut to
 * milliseconds. Milliseconds since 1970. */
int parse_time(const char *s, uint64_t *ret_ms);
/* "5%" or "0.5%" into parts per million. */
int parse_percent(const char *s, uint32_t *ret_ppm);
/* "1h 2m 3s", "4.2s", "150ms": for people. Writes into buf and returns it. */
#define DURATION_MAX 32
const char *format_duration(uint64_t ms, char buf[DURATION_MAX]);
/* "512 MiB", "1.5 GiB" */
#define SIZE_TEXT_MAX 24
const char *format_size(uint64_t bytes, char buf[SIZE_TEXT_MAX]);
