// SPDX-License-Identifier: GPL-2.0-or-later
#include "spool.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace wslens {
namespace {

constexpr std::size_t window_size = std::size_t{64} * 1024;

}  // namespace

Spool::~Spool() {
  if (file_ >= 0) close(file_);
}

bool Spool::fail(const char* what, int error_number) {
  if (error_.empty())
    error_ = "the temporary file " + name_ + " cannot be " + what + ": " + g_strerror(error_number) +
             " (TMPDIR names another folder for it)";
  return false;
}

/// Unlinked at once: it goes with its descriptor.
bool Spool::open_file() {
  const char* folder = g_get_tmp_dir();
  name_ = std::string(folder) + "/wslens-XXXXXX";
  file_ = g_mkstemp_full(name_.data(), O_RDWR | O_CLOEXEC, 0600);
  if (file_ < 0) {
    const int error_number = errno;
    name_ = std::string(folder) + "/wslens-...";
    return fail("made", error_number);
  }
  unlink(name_.c_str());
  return true;
}

bool Spool::write(std::uint64_t at, const void* bytes, std::size_t size) {
  const auto* from = static_cast<const char*>(bytes);
  while (size != 0) {
    const ssize_t written = pwrite(file_, from, size, static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return fail("written", written < 0 ? errno : ENOSPC);
    from += written;
    at += static_cast<std::uint64_t>(written);
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

bool Spool::read(std::uint64_t at, void* bytes, std::size_t size) {
  auto* to = static_cast<char*>(bytes);
  while (size != 0) {
    const ssize_t got = pread(file_, to, size, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail("read", got < 0 ? errno : EIO);
    to += got;
    at += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

std::string& Spool::buffer_of(SpoolChain& chain) {
  if (chain.buffer_ == SpoolChain::no_buffer) {
    chain.buffer_ = static_cast<std::uint32_t>(buffers_.size());
    buffers_.push_back({&chain, {}});
  }
  return buffers_[chain.buffer_].records;
}

bool Spool::append(SpoolChain& chain, std::string_view record) {
  if (!error_.empty()) return false;
  std::string& records = buffer_of(chain);
  const std::uint64_t size = record.size();
  records.append(reinterpret_cast<const char*>(&size), sizeof size).append(record);
  in_memory_ += sizeof size + record.size();
  return in_memory_ <= most_in_memory_ || write_out();
}

void Spool::forget(SpoolChain& chain) {
  chain.first_ = chain.last_ = SpoolChain::no_chunk;
  if (chain.buffer_ == SpoolChain::no_buffer) return;
  std::string& records = buffers_[chain.buffer_].records;
  in_memory_ -= records.size();
  records = {};
}

bool Spool::write_chunk(const Buffer& buffer) {
  const Chunk chunk{SpoolChain::no_chunk, buffer.records.size()};
  if (!write(end_, &chunk, sizeof chunk)) return false;
  if (!write(end_ + sizeof chunk, buffer.records.data(), buffer.records.size())) return false;
  SpoolChain& chain = *buffer.chain;
  if (chain.last_ == SpoolChain::no_chunk)
    chain.first_ = end_;
  else if (!write(chain.last_ + offsetof(Chunk, next), &end_, sizeof end_))
    return false;
  chain.last_ = end_;
  end_ += sizeof chunk + buffer.records.size();
  return true;
}

/// All that is in memory.
bool Spool::write_out() {
  if (file_ < 0 && !open_file()) return false;
  for (const Buffer& buffer : buffers_) {
    if (!buffer.records.empty() && !write_chunk(buffer)) return false;
    buffer.chain->buffer_ = SpoolChain::no_buffer;
  }
  buffers_ = {};
  in_memory_ = 0;
  return true;
}

SpoolReader::SpoolReader(Spool& spool, const SpoolChain& chain)
    : spool_(&spool), chain_(&chain), next_chunk_(chain.first_) {}

bool SpoolReader::begin_chunk() {
  if (next_chunk_ == SpoolChain::no_chunk) return false;
  Spool::Chunk chunk;
  if (!spool_->read(next_chunk_, &chunk, sizeof chunk)) return false;
  at_ = next_chunk_ + sizeof chunk;
  left_ = chunk.size;
  next_chunk_ = chunk.next;
  return true;
}

/// The window is used up: the next bytes of the chunk, of the next one, or what is still in memory.
bool SpoolReader::refill() {
  used_ = 0;
  window_.clear();
  if (left_ != 0 || begin_chunk()) {
    window_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left_, window_size)));
    if (!spool_->read(at_, window_.data(), window_.size())) {
      window_.clear();
      return false;
    }
    at_ += window_.size();
    left_ -= window_.size();
    return true;
  }
  if (memory_read_ || !spool_->error().empty() || chain_->buffer_ == SpoolChain::no_buffer) return false;
  memory_read_ = true;
  window_ = spool_->buffers_[chain_->buffer_].records;
  return !window_.empty();
}

bool SpoolReader::take(char* bytes, std::size_t size) {
  while (size != 0) {
    if (used_ == window_.size() && !refill()) return false;
    const std::size_t part = std::min(size, window_.size() - used_);
    std::memcpy(bytes, window_.data() + used_, part);
    used_ += part;
    bytes += part;
    size -= part;
  }
  return true;
}

bool SpoolReader::next(std::string& record) {
  std::uint64_t size = 0;
  if (!take(reinterpret_cast<char*>(&size), sizeof size)) return false;
  record.resize(static_cast<std::size_t>(size));
  return take(record.data(), record.size());
}

}  // namespace wslens
