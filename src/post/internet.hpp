// SPDX-License-Identifier: MIT
// Ordinary sockets, to speak with programs that know nothing of connectors. Asked from one thread,
// they live in another: nothing here blocks.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace reowolf::post {

// A connection, a place where connections are accepted, or one for datagrams.
class Socket {
  public:
    // Closes it, when all is sent that was taken for sending.
    virtual ~Socket() = default;

    struct News {
        enum class Kind { open, accepted, bytes, over, failed };
        Kind kind = Kind::open;
        std::string bytes;               // of `failed`: why
        std::string peer;                // who it is from, as `host:port`
        std::shared_ptr<Socket> socket;  // that was accepted
    };
    // Called once, from any thread, when asking again makes sense.
    using Later = std::function<void()>;

    // First that it is open; then what comes, until it is over or has failed. Nothing: not yet.
    virtual std::optional<News> next(Later later) = 0;
    // False: not yet, the last bytes are still on their way. `peer` is for datagrams. What is wrong
    // is said once, to this call or a later one.
    virtual std::expected<bool, std::string> send(std::string bytes, std::string peer,
                                                  Later later) = 0;
    // Nothing more will be sent: tells the other side.
    virtual void finish() = 0;
};

class Internet {
  public:
    virtual ~Internet() = default;

    // Addresses are `host:port`. Whatever is wrong comes as news.
    virtual std::shared_ptr<Socket> connect(const std::string& address) = 0;
    virtual std::shared_ptr<Socket> listen(const std::string& address) = 0;
    virtual std::shared_ptr<Socket> bind(const std::string& address) = 0;  // for datagrams
};

// That of the operating system, with a thread of its own as soon as there is a socket. Its sockets
// must die before it; what they have still to send is given some seconds then.
class RealInternet final : public Internet {
  public:
    RealInternet();
    ~RealInternet() override;
    RealInternet(const RealInternet&) = delete;
    RealInternet& operator=(const RealInternet&) = delete;

    std::shared_ptr<Socket> connect(const std::string& address) override;
    std::shared_ptr<Socket> listen(const std::string& address) override;
    std::shared_ptr<Socket> bind(const std::string& address) override;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace reowolf::post
