// SPDX-License-Identifier: MIT
// Rounds on an asio executor: asynchronous operations with any completion token, so also
//
//     asio::awaitable<void> trade(reowolf::RealtimeConnector& c) {
//         co_await reowolf::async_connect(c);
//         c.put("price", 42u);
//         const reowolf::Result<bool> expired = co_await reowolf::async_sync(c);
//     }
//
// They complete with a Result, on the token's executor, and the thread is free meanwhile. The
// connector must stay until then, and be used for nothing else. Cancelling an operation gives up
// the waiting, not the round: the next async_sync goes on with it. Connector::interrupt() in
// between gives up the round, so that the next async_sync fails with ETIMEDOUT unless it has
// happened; closing the connector abandons it.
#pragma once

#include <memory>
#include <system_error>
#include <utility>

#include <asio.hpp>

#include <reowolf/connector.hpp>

namespace reowolf {

// Runs start(), waits until the connector's descriptor is readable, and completes with finish().
template <class T, class Start, class Finish, class Token>
auto async_round(Connector& connector, Start start, Finish finish, Token&& token) {
    return asio::async_compose<Token, void(Result<T>)>(
        [&connector, start, finish, descriptor = std::unique_ptr<asio::posix::stream_descriptor>(),
         is_begun = false](auto& self, std::error_code code = {}) mutable {
            if (!std::exchange(is_begun, true)) {
                const asio::any_io_executor executor = self.get_executor();
                if (Result<void> begun = start(); !begun) {
                    // Never from within the call that begins it.
                    asio::post(executor,
                               [self = std::move(self), failure = begun.error()]() mutable {
                                   self.complete(std::unexpected(std::move(failure)));
                               });
                    return;
                }
                descriptor = std::make_unique<asio::posix::stream_descriptor>(
                    executor, connector.descriptor());
                auto& waited = *descriptor;
                waited.async_wait(asio::posix::stream_descriptor::wait_read, std::move(self));
                return;
            }
            descriptor->release();  // it is the connector's
            if (code) {
                self.complete(std::unexpected(Failure{code, "the operation was cancelled"}));
            } else {
                self.complete(finish());
            }
        },
        token);
}

template <class Token = asio::use_awaitable_t<>>
auto async_connect(Connector& connector, Token&& token = {}) {
    return async_round<void>(
        connector, [&connector] { return connector.try_connect_start(); },
        [&connector] { return connector.try_connect_finish(); }, std::forward<Token>(token));
}

template <class Token = asio::use_awaitable_t<>>
auto async_sync(RealtimeConnector& connector, Token&& token = {}) {
    return async_round<bool>(
        connector, [&connector] { return connector.try_sync_start(); },
        [&connector] { return connector.try_sync_finish(); }, std::forward<Token>(token));
}

template <class Token = asio::use_awaitable_t<>>
auto async_await(LogicalConnector& connector, Token&& token = {}) {
    return async_round<bool>(
        connector, [&connector] { return connector.try_await_start(); },
        [&connector] { return connector.try_await_finish(); }, std::forward<Token>(token));
}

}  // namespace reowolf
