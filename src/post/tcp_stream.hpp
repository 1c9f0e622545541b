// SPDX-License-Identifier: MIT
// One TCP connection that carries frames: from the socket being connected, over both sides'
// introduction, to the end of everything that was to be delivered. Between processes of one host,
// the frames soon move to memory that both see; the connection stays to tell of the other's end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
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
#include "post/meeting.hpp"
#include "post/transport.hpp"

namespace reowolf::post {

// Closes the socket for programs that this one starts, and sends small messages at once.
void prepare(asio::ip::tcp::socket& socket);
Failure failure_of(const asio::error_code& error);
std::string to_string(const asio::ip::tcp::endpoint& endpoint);

// Kept alive by the operations it has started, so that it can finish after its owner is gone.
class TcpStream final : public std::enable_shared_from_this<TcpStream>,
                        private Watched,
                        private Turn {
  public:
    enum class Memory { forbidden, allowed, required };
    enum class Side { dialler, dialled };
    TcpStream(RealLoop& loop, const Limits& limits, asio::ip::tcp::socket socket, Side side,
              Memory memory);
    ~TcpStream() override;
    TcpStream(const TcpStream&) = delete;
    TcpStream& operator=(const TcpStream&) = delete;

    // Sends our preamble and waits for theirs; and where memory is required, for both to have
    // moved there. `done` comes once, with nothing or with why not.
    void introduce(std::int64_t patience_ms, std::function<void(std::optional<Error>)> done);

    // After introduce(): the Connection.
    void set_handler(ConnectionHandler* handler);
    void send(Payload message);
    void close();
    void limit_message_bytes(std::size_t bytes_max) { reader_.limit_message_bytes(bytes_max); }
    void give_back(std::vector<std::byte> bytes) { reader_.give_back(std::move(bytes)); }
    std::size_t queued_bytes() const { return writer_.message_bytes(); }
    bool is_handed_over();
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
        finishing,  // all is written: waiting for the other side to have read it, or at least its
                    // host
        ended,
    };

    static constexpr std::size_t dropped_bytes = 64u << 10;

    enum class Heard { nothing, bytes, end };
    void read();
    Heard read_socket();
    void on_read(const asio::error_code& error, std::size_t bytes);
    void on_end_of_stream();
    void dispatch();
    void write_soon();
    void on_turn() override;
    void write();
    void write_to_memory();
    void on_written(const asio::error_code& error, std::size_t bytes);
    void finish_if_written();
    void end(Failure failure, std::string text, bool reset);
    void report();
    void set_alarm();
    void on_alarm();
    void note_delivery();
    bool is_closing() const { return phase_ == Phase::closing || phase_ == Phase::finishing; }
    bool wants_messages() const { return phase_ == Phase::open && handler_ != nullptr; }

    // To memory.
    void on_introduced();
    void open_if_ready();
    void invite();
    void on_offer(const std::vector<std::byte>& body);
    std::expected<void, std::string> visit(const std::vector<std::byte>& body);
    void decline(std::string why);
    void refuse();
    void say_stays();
    void on_told_to_stay(const std::string& why);
    void on_stays(const std::string& why);
    void on_linked(std::unique_ptr<MemoryLink> link);
    void on_moved();
    void move_out();
    void read_memory();
    void hear_doorbell();
    void deviate(const std::string& how);
    void watch();
    void unwatch();
    bool has_news() const override;
    void on_news() override;
    bool asks_system() const override { return !reads_memory_; }
    bool look() override;
    void before_sleep() override;
    void after_sleep() override;

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
    std::vector<asio::const_buffer> pieces_;  // that are being written
    std::vector<std::byte> dropped_;          // where bytes go that nobody wants (any more)
    bool reading_ = false;
    bool writing_ = false;
    bool owes_drained_ = false;  // messages have gone since on_drained()
    bool dispatching_ = false;
    bool resuming_ = false;
    std::string write_failure_;  // writing is over; what has arrived is still read
    bool delivering_ = false;    // the loop must not stop before we are done

    Side side_;
    Memory memory_;
    bool has_preamble_ = false;
    bool is_offered_ = false;
    std::shared_ptr<Invitation> invitation_;
    std::shared_ptr<Visit> visit_;
    std::string no_memory_ = "none was offered";  // why not
    std::unique_ptr<MemoryLink> link_;
    bool is_watched_ = false;
    bool reads_memory_ = false;
    bool writes_memory_ = false;
    bool lacks_room_ = false;  // there, for what is to be written
    bool is_moving_out_ = false;
    std::array<std::byte, 16> bells_{};
    // What comes before this side is open, as it waits for the other to move.
    std::deque<std::vector<std::byte>> early_;
    std::size_t early_bytes_ = 0;

    TimerId alarm_ = 0;
    std::int64_t introduced_by_ms_ = 0;
    std::int64_t last_sent_ms_ = 0;
    std::int64_t last_heard_ms_ = 0;
    std::int64_t finish_by_ms_ = 0;
};

}  // namespace reowolf::post
