/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/frame.h"

#include <poll.h>
#include <sys/socket.h>

#include "lib/base/clock.h"

static const struct {
	char kind;
	uint32_t max;
} kinds[] = {
	{ FRAME_REQUEST, 1024 * 1024 }, { FRAME_ENTRY, 16 * 1024 },    { FRAME_BYTES, 256 * 1024 },
	{ FRAME_RESULT, 1024 * 1024 },	{ FRAME_FAULT, 64 * 1024 },
};

uint32_t frame_max(char kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].max;
	return 0;
}

static struct fault *ready(int fd, short events, uint64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int left = deadline_ms == NO_DEADLINE ? -1 : clock_left(deadline_ms);
		int n = poll(&p, 1, left);

		if (n > 0)
			return NULL;
		if (n < 0 && errno != EINTR)
			return fault_errno("net.closed", errno, "cannot wait on the socket");
		if (left >= 0 && clock_left(deadline_ms) == 0)
			return fault_new("net.timeout", "nothing came before the deadline");
	}
}

static bool would_block(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static struct fault *send_all(int fd, const uint8_t *data, size_t len, uint64_t deadline_ms)
{
	while (len > 0) {
		TRY(ready(fd, POLLOUT, deadline_ms));
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && would_block())
			continue;
		if (n < 0)
			return fault_errno("net.closed", errno, "cannot send");
		data += n;
		len -= (size_t)n;
	}
	return NULL;
}

static struct fault *receive_all(int fd, uint8_t *data, size_t len, uint64_t deadline_ms)
{
	while (len > 0) {
		TRY(ready(fd, POLLIN, deadline_ms));
		ssize_t n = recv(fd, data, len, MSG_DONTWAIT);
		if (n < 0 && would_block())
			continue;
		if (n < 0)
			return fault_errno("net.closed", errno, "cannot receive");
		if (n == 0)
			return fault_new("net.closed", "the other end closed the socket");
		data += n;
		len -= (size_t)n;
	}
	return NULL;
}

struct fault *frame_send(int fd, char kind, const void *data, size_t len, uint64_t deadline_ms)
{
	uint8_t header[FRAME_HEADER] = { (uint8_t)kind, (uint8_t)(len >> 24), (uint8_t)(len >> 16),
					 (uint8_t)(len >> 8), (uint8_t)len };

	if (len > frame_max(kind))
		return fault_new("net.too_large", "a frame of kind %c with %zu bytes, at most %u",
				 kind, len, frame_max(kind));
	TRY(send_all(fd, header, sizeof(header), deadline_ms));
	return send_all(fd, data, len, deadline_ms);
}

struct fault *frame_receive(int fd, uint64_t deadline_ms, char *ret_kind, struct buf *out)
{
	uint8_t h[FRAME_HEADER];
	uint32_t len;

	TRY(receive_all(fd, h, sizeof(h), deadline_ms));
	len = (uint32_t)h[1] << 24 | (uint32_t)h[2] << 16 | (uint32_t)h[3] << 8 | h[4];
	if (frame_max((char)h[0]) == 0)
		return fault_new("net.protocol", "a frame of unknown kind 0x%02x", h[0]);
	if (len > frame_max((char)h[0]))
		return fault_new("net.protocol", "a frame of kind %c claims %u bytes, at most %u",
				 h[0], len, frame_max((char)h[0]));
	buf_reset(out);
	buf_reserve(out, (size_t)len + 1);
	TRY(receive_all(fd, (uint8_t *)out->data, len, deadline_ms));
	out->len = len;
	out->data[len] = '\0';
	*ret_kind = (char)h[0];
	return NULL;
}
