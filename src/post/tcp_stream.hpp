// SPDX-License-Identifier: MIT
// One TCP connection that carries frames: from the socket being connected, over both sides'
// introduction, to the end of everything that was to be delivered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "post/asio.hpp"
#include "post/frame_reader.hpp"
#include "post/frame_writer.hpp"
#include "post/loop.hpp"
#include "post/transport.hpp"

namespace reowolf::post {

// Closes the socket for programs that this one starts, and sends small messages at once.
void prepare(asio::ip::tcp::socket& socket);
Failure failure_of(const asio::error_code& error);
std::string to_string(const asio::ip::tcp::endpoint& endpoint);

// Kept alive by the operations it has started, so that it can finish after its owner is gone.
class TcpStream : public std::enable_shared_from_this<TcpStream> {
  public:
    TcpStream(RealLoop& loop, const Limits& limits, asio::ip::tcp::socket socket);

    // Sends our preamble and waits for theirs. `done` comes once, with nothing or with why not.
    void introduce(std::int64_t patience_ms, std::function<void(std::optional<Error>)> done);

    // After introduce(): the Connection.
    void set_handler(ConnectionHandler* handler);
    void send(Payload message);
    void close();
    void limit_message_bytes(std::size_t bytes_max) { reader_.limit_message_bytes(bytes_max); }
    std::size_t queued_bytes() const { return writer_.message_bytes(); }
    const std::string& remote() const { return remote_; }
    // Ends the connection at once.
    void abort();
    // The owner is gone: no callback comes any more; what close() has begun goes on.
    void abandon();

  private:
    enum class Phase {
        introducing,
        open,
        closing,    // close() was called: writing what is queued, dropping what comes
        finishing,  // all is written: waiting for the other side to have read it
        ended,
    };

    void read();
    void on_read(const asio::error_code& error, std::size_t bytes);
    void on_end_of_stream();
    void dispatch();
    void write();
    void on_written(const asio::error_code& error, std::size_t bytes);
    void finish_if_written();
    void end(Failure failure, std::string text, bool reset);
    void report();
    void set_alarm();
    void on_alarm();
    void note_delivery();
    bool is_closing() const { return phase_ == Phase::closing || phase_ == Phase::finishing; }
    bool wants_messages() const { return phase_ == Phase::open && handler_ != nullptr; }

    RealLoop& loop_;
    Limits limits_;
    asio::ip::tcp::socket socket_;
    std::string remote_;
    Phase phase_ = Phase::introducing;
    std::function<void(std::optional<Error>)> introduced_;
    ConnectionHandler* handler_ = nullptr;
    std::optional<Error> error_;  // set when ended
    bool reported_ = false;

    FrameReader reader_{message_bytes_from_strangers};
    FrameWriter writer_;
    std::vector<std::byte> dropped_;  // where bytes go that nobody wants any more
    bool reading_ = false;
    bool writing_ = false;
    bool write_posted_ = false;
    bool dispatching_ = false;
    bool resuming_ = false;
    std::string write_failure_;  // writing is over; what has arrived is still read
    bool delivering_ = false;    // the loop must not stop before we are done

    TimerId alarm_ = 0;
    std::int64_t introduced_by_ms_ = 0;
    std::int64_t last_sent_ms_ = 0;
    std::int64_t last_heard_ms_ = 0;
    std::int64_t finish_by_ms_ = 0;
};

}  // namespace reowolf::post
