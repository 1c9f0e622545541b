// SPDX-License-Identifier: MIT
#include "post/meeting.hpp"

#include <random>
#include <utility>

#include <fmt/format.h>
#include <sys/socket.h>

#include "system/descriptor.hpp"
#include "wire/bytes.hpp"

namespace reowolf::post {

namespace {

using Local = asio::local::stream_protocol;

// In the abstract name space, where nothing stays behind and no file is in the way.
Local::endpoint endpoint_of(const std::array<std::byte, 16>& name) {
    std::string path(1, '\0');
    path += "reowolf-";
    for (const std::byte byte : name) path += fmt::format("{:02x}", static_cast<unsigned>(byte));
    return {path};
}

}  // namespace

std::vector<std::byte> encode(const Offer& offer) {
    wire::Writer writer;
    for (const std::byte byte : offer.name) writer.number(static_cast<std::uint8_t>(byte));
    writer.text(offer.host);
    writer.text(offer.dialler);
    writer.text(offer.dialled);
    return writer.take();
}

std::optional<Offer> decode_offer(std::span<const std::byte> bytes) {
    wire::Reader reader(bytes);
    Offer offer;
    for (std::byte& byte : offer.name) byte = static_cast<std::byte>(reader.number<std::uint8_t>());
    offer.host = reader.text();
    offer.dialler = reader.text();
    offer.dialled = reader.text();
    if (!reader.finished()) return std::nullopt;
    return offer;
}

MemoryLink::MemoryLink(system::SharedMemory memory, Socket socket, bool is_dialler)
    : memory_(std::move(memory)),
      in(memory_.bytes().subspan(is_dialler ? bytes / 2 : 0, bytes / 2)),
      out(memory_.bytes().subspan(is_dialler ? 0 : bytes / 2, bytes / 2)),
      doorbell(std::move(socket)) {
    memory_.close_descriptor();
}

// One that is not heard, as there are too many already, is not needed.
void MemoryLink::wake_other() {
    const char byte = 0;
    ::send(doorbell.native_handle(), &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

std::expected<std::array<std::byte, 16>, std::string> Invitation::open() {
    auto memory = system::SharedMemory::create(MemoryLink::bytes);
    if (!memory) return std::unexpected(std::move(memory.error()));
    memory_ = std::move(*memory);
    std::array<std::byte, 16> name;
    std::random_device device;
    for (std::byte& byte : name) byte = static_cast<std::byte>(device());
    asio::error_code error;
    acceptor_.open(Local(), error);
    if (!error) system::close_on_exec(acceptor_.native_handle());
    if (!error) acceptor_.non_blocking(true, error);
    if (!error) acceptor_.bind(endpoint_of(name), error);
    if (!error) acceptor_.listen(1, error);
    if (error) return std::unexpected(error.message());
    return name;
}

void Invitation::wait(std::function<void(std::unique_ptr<MemoryLink>)> done) {
    done_ = std::move(done);
    acceptor_.async_accept(
        [weak = weak_from_this()](const asio::error_code& error, MemoryLink::Socket socket) {
            const auto self = weak.lock();
            if (!self || error) return;
            system::close_on_exec(socket.native_handle());
            asio::error_code ignored;
            socket.non_blocking(true, ignored);
            if (!system::is_same_user(socket.native_handle()) ||
                !system::send_descriptor(socket.native_handle(), self->memory_->descriptor())) {
                return self->wait(std::move(self->done_));
            }
            std::exchange(self->done_, nullptr)(
                std::make_unique<MemoryLink>(*std::move(self->memory_), std::move(socket), true));
        });
}

std::expected<void, std::string> Visit::begin(const std::array<std::byte, 16>& name, Done done) {
    asio::error_code error;
    socket_.open(Local(), error);
    if (!error) system::close_on_exec(socket_.native_handle());
    // Whoever does not accept there does not keep us waiting.
    if (!error) socket_.non_blocking(true, error);
    if (!error) socket_.connect(endpoint_of(name), error);
    if (error) return std::unexpected(error.message());
    if (!system::is_same_user(socket_.native_handle())) {
        return std::unexpected("it is another user's");
    }
    done_ = std::move(done);
    socket_.async_wait(MemoryLink::Socket::wait_read, [weak = weak_from_this()](
                                                          const asio::error_code& failure) {
        const auto self = weak.lock();
        if (!self || failure) return;
        const auto finish = std::exchange(self->done_, nullptr);
        const auto descriptor = system::receive_descriptor(self->socket_.native_handle());
        if (!descriptor) return finish(std::unexpected("no memory came"));
        auto memory = system::SharedMemory::open(*descriptor, MemoryLink::bytes);
        if (!memory) return finish(std::unexpected(std::move(memory.error())));
        finish(std::make_unique<MemoryLink>(*std::move(memory), std::move(self->socket_), false));
    });
    return {};
}

}  // namespace reowolf::post
