// SPDX-License-Identifier: MIT
// The parts of asio that this layer uses. For its .cpp files and tcp_stream.hpp only: nobody who
// includes another header of the layer pays for this one.
#pragma once

#define ASIO_STANDALONE
#define ASIO_NO_DEPRECATED
#ifdef __SANITIZE_THREAD__
// g++'s thread sanitizer does not understand fences; asio's locks are enough for what we do.
#define ASIO_DISABLE_FENCED_BLOCK
#endif

#include <asio/connect.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
