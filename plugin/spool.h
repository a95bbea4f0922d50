// SPDX-License-Identifier: GPL-2.0-or-later
/// Records of many lists that grow at the same time and are read one after the other: kept in a temporary file.
///
/// Shape   append(chain, record) -> later a SpoolReader gives the chain's records in their order.
/// Bounded by `most_in_memory` bytes of records, and a few numbers for each chain, however long that is.
/// Errors  false, once and from then on; error() says in one line what happened to which file.
/// The file is made when memory is full, in TMPDIR or /tmp, and has no name: nothing stays behind, whatever happens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wslens {

/// One list. The spool has its address while it holds records in memory, so it stays where it is.
class SpoolChain {
 public:
  SpoolChain() = default;
  SpoolChain(const SpoolChain&) = delete;
  SpoolChain& operator=(const SpoolChain&) = delete;

 private:
  friend class Spool;
  friend class SpoolReader;
  static constexpr std::uint64_t no_chunk = UINT64_MAX;
  static constexpr std::uint32_t no_buffer = UINT32_MAX;
  std::uint64_t first_ = no_chunk, last_ = no_chunk;  ///< chunks in the file, each of which names the next one
  std::uint32_t buffer_ = no_buffer;                  ///< what is not in the file yet
};

class Spool {
 public:
  explicit Spool(std::size_t most_in_memory) : most_in_memory_(most_in_memory) {}
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  [[nodiscard]] bool append(SpoolChain& chain, std::string_view record);
  /// The chain is empty again; what it has in the file stays there unused.
  void forget(SpoolChain& chain);
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] std::uint64_t file_size() const { return end_; }

 private:
  friend class SpoolReader;
  struct Chunk {
    std::uint64_t next = SpoolChain::no_chunk;
    std::uint64_t size = 0;
  };
  struct Buffer {
    SpoolChain* chain = nullptr;
    std::string records;
  };

  std::string& buffer_of(SpoolChain& chain);
  bool write_out();
  bool write_chunk(const Buffer& buffer);
  bool open_file();
  bool write(std::uint64_t at, const void* bytes, std::size_t size);
  bool read(std::uint64_t at, void* bytes, std::size_t size);
  bool fail(const char* what, int error_number);

  std::size_t most_in_memory_;
  std::size_t in_memory_ = 0;
  std::vector<Buffer> buffers_;
  int file_ = -1;
  std::string name_;  ///< that it had
  std::uint64_t end_ = 0;
  std::string error_;
};

/// The records of one chain. Nothing is appended while it reads.
class SpoolReader {
 public:
  SpoolReader(Spool& spool, const SpoolChain& chain);
  /// False: that was the last one, or the file could not be read (Spool::error()).
  bool next(std::string& record);

 private:
  bool take(char* bytes, std::size_t size);
  bool refill();
  bool begin_chunk();

  Spool* spool_;
  const SpoolChain* chain_;
  std::uint64_t next_chunk_;
  std::uint64_t at_ = 0, left_ = 0;  ///< of the chunk that is read, what is not in the window yet
  std::string window_;
  std::size_t used_ = 0;  ///< of the window
  bool memory_read_ = false;
};

}  // namespace wslens
