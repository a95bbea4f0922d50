// SPDX-License-Identifier: GPL-2.0-or-later
#include "live_objects.h"

#include <unwind.h>

#include <cstdlib>
#include <cstring>

namespace wslens::longjmp_test {
namespace {

constexpr std::uint8_t omitted = 0xFF;  // DW_EH_PE_omit

/// DWARF numbers, as far as they occur in an LSDA.
class Cursor {
 public:
  explicit Cursor(const std::uint8_t* at) : at_(at) {}

  std::uint8_t byte() { return *at_++; }
  std::uint64_t uleb() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint8_t next = byte();
      value |= std::uint64_t{next & 0x7FU} << shift;
      if ((next & 0x80U) == 0) return value;
    }
  }
  std::uint64_t encoded(std::uint8_t encoding) {
    if ((encoding & 0x0FU) == 0x01) return uleb();
    if ((encoding & 0x0FU) == 0x03) return fixed<std::uint32_t>();
    if ((encoding & 0x0FU) == 0x04 || (encoding & 0x0FU) == 0x00) return fixed<std::uint64_t>();
    std::abort();  // no compiler of ours writes another
  }
  [[nodiscard]] const std::uint8_t* at() const { return at_; }

 private:
  template <typename Number>
  std::uint64_t fixed() {
    Number number;
    std::memcpy(&number, at_, sizeof number);
    at_ += sizeof number;
    return number;
  }
  const std::uint8_t* at_;
};

/// `offset`: of the call, from the function's beginning.
bool has_landing_pad(const std::uint8_t* lsda, std::uint64_t offset) {
  Cursor cursor(lsda);
  const std::uint8_t pads_begin = cursor.byte();
  if (pads_begin != omitted) cursor.encoded(pads_begin);
  if (cursor.byte() != omitted) cursor.uleb();  // where the types are
  const std::uint8_t encoding = cursor.byte();
  const std::uint64_t size = cursor.uleb();
  const std::uint8_t* const end = cursor.at() + size;
  while (cursor.at() < end) {
    const std::uint64_t begin = cursor.encoded(encoding);
    const std::uint64_t length = cursor.encoded(encoding);
    const std::uint64_t pad = cursor.encoded(encoding);
    cursor.uleb();  // what the pad does
    if (offset >= begin && offset < begin + length) return pad != 0;
  }
  return false;
}

struct Walk {
  const Module* module;
  std::vector<std::uintptr_t> found;
};

_Unwind_Reason_Code look_at_frame(_Unwind_Context* context, void* data) {
  auto* walk = static_cast<Walk*>(data);
  int before = 0;
  const std::uintptr_t address = _Unwind_GetIPInfo(context, &before) - (before != 0 ? 0 : 1);
  if (!walk->module->has(address)) return _URC_NO_REASON;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): that is what the unwinder gives
  const auto* lsda = reinterpret_cast<const std::uint8_t*>(_Unwind_GetLanguageSpecificData(context));
  if (lsda != nullptr && has_landing_pad(lsda, address - _Unwind_GetRegionStart(context)))
    walk->found.push_back(address);
  return _URC_NO_REASON;
}

}  // namespace

std::vector<std::uintptr_t> calls_with_live_objects(const Module& module) {
  Walk walk{&module, {}};
  _Unwind_Backtrace(look_at_frame, &walk);
  return walk.found;
}

}  // namespace wslens::longjmp_test
