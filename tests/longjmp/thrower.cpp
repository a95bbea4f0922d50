// SPDX-License-Identifier: GPL-2.0-or-later
/// Preloaded into tshark: stands in front of Wireshark's functions that may throw (throwing_functions.inc) and watches
/// each call that the plugin makes. tools/check-longjmp starts it and reads its report.
///
/// WSLENS_THROW_EVERY=N    throws, as Wireshark would, in every N-th call instead of making it; 0: never.
/// WSLENS_THROW_FIRST=K    the first of them is the K-th.
/// WSLENS_THROW_REPORT=F   a file for: "calls N", "sites N", "thrown N", "thrown-sites N", and for each place where
/// objects
///                         are alive "alive FUNCTION CALLER OFFSET...": where in the plugin it was called, and the
///                         calls around it with objects, innermost first.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <string>

#include "live_objects.h"

extern "C" void* wslens_before_call(unsigned index, std::uintptr_t caller);
extern "C" [[noreturn]] void except_throw(long group, long code, const char* message);

namespace wslens::longjmp_test {
namespace {

constexpr const char* names[] = {
#define CAN_THROW(name) #name,
#include "throwing_functions.inc"
#undef CAN_THROW
};

// epan/exceptions.h: those that a packet's dissection survives.
constexpr long group = 1;
constexpr long codes[] = {1, 3, 6};  // BoundsError, ReportedBoundsError, DissectorError

unsigned long number_from(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? 0 : std::strtoul(value, nullptr, 10);
}

// ---- would it see anything?

/// Something with a destructor that the compiler cannot look through.
struct Owner {
  explicit Owner(bool* destroyed) : destroyed_(destroyed) {}
  __attribute__((noinline)) ~Owner() { *destroyed_ = true; }
  Owner(const Owner&) = delete;
  Owner& operator=(const Owner&) = delete;
  bool* destroyed_;
};
Module module_of(const void* address);
std::size_t (*volatile look)() = nullptr;  // volatile: it might throw, for all that the compiler knows

std::size_t look_at_ourselves() {
  return calls_with_live_objects(module_of(reinterpret_cast<const void*>(&wslens_before_call))).size();
}
__attribute__((noinline)) std::size_t with_an_owner() {
  bool destroyed = false;
  const Owner owner(&destroyed);
  return look();
}
__attribute__((noinline)) std::size_t with_nothing() { return look() + 0; }

bool sees_owners() {
  look = look_at_ourselves;
  const std::size_t without = with_nothing();
  return with_an_owner() == without + 1;
}

// ---- what was seen

class Watch {
 public:
  Watch() : every_(number_from("WSLENS_THROW_EVERY")), next_(number_from("WSLENS_THROW_FIRST")) {
    sees_ = sees_owners();
  }
  ~Watch() { report(); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// True: throw.
  bool note(unsigned index, std::uintptr_t caller) {
    if (!is_ours(caller)) return false;
    ++calls_;
    sites_.insert(caller);
    if (every_ == 0) {
      look_for_objects(index, caller);
      return false;
    }
    if (calls_ < next_) return false;
    next_ += every_;
    ++thrown_;
    thrown_sites_.insert(caller);
    return true;
  }
  [[nodiscard]] long code() const { return codes[thrown_ % std::size(codes)]; }

 private:
  bool is_ours(std::uintptr_t caller) {
    if (ours_.has(caller)) return true;
    if (ours_.begin != 0) return false;
    Dl_info info;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a return address
    if (dladdr(reinterpret_cast<const void*>(caller), &info) == 0 ||
        std::strstr(info.dli_fname, "wslens.so") == nullptr)
      return false;
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    ours_ = module_of(reinterpret_cast<const void*>(caller));
    return true;
  }
  void look_for_objects(unsigned index, std::uintptr_t caller) {
    std::vector<std::uintptr_t> alive = calls_with_live_objects(ours_);
    if (alive.empty()) return;
    alive.insert(alive.begin(), caller - 1);
    std::string line = names[index];
    for (const std::uintptr_t address : alive) {
      char offset[32];
      std::snprintf(offset, sizeof offset, " 0x%zx", static_cast<std::size_t>(address - ours_.begin));
      line += offset;
    }
    ++alive_[line];
  }
  void report() {
    const char* name = std::getenv("WSLENS_THROW_REPORT");
    std::FILE* file = name == nullptr ? nullptr : std::fopen(name, "w");
    if (file == nullptr) return;
    std::fprintf(file, "sees %d\ncalls %lu\nsites %zu\nthrown %lu\nthrown-sites %zu\n", sees_ ? 1 : 0, calls_,
                 sites_.size(), thrown_, thrown_sites_.size());
    for (const auto& [line, count] : alive_) std::fprintf(file, "alive %s\n", line.c_str());
    std::fclose(file);
  }

  Module ours_;
  bool sees_ = false;
  unsigned long every_, next_, calls_ = 0, thrown_ = 0;
  std::set<std::uintptr_t> sites_, thrown_sites_;
  std::map<std::string, unsigned long> alive_;
};

/// The module's place: its first mapping begins at the base that dladdr knows; it ends where dladdr names another.
Module module_of(const void* address) {
  Dl_info info;
  if (dladdr(address, &info) == 0) return {};
  const auto begin = reinterpret_cast<std::uintptr_t>(info.dli_fbase);
  constexpr std::uintptr_t page = 4096;
  std::uintptr_t end = reinterpret_cast<std::uintptr_t>(address) / page * page + page;
  Dl_info next;
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  while (dladdr(reinterpret_cast<const void*>(end), &next) != 0 && next.dli_fbase == info.dli_fbase) end += page;
  return {begin, end};
}

Watch& watch() {
  static Watch one;
  return one;
}

void* real(unsigned index) {
  static void* found[std::size(names)];
  if (found[index] == nullptr) found[index] = dlsym(RTLD_NEXT, names[index]);
  if (found[index] == nullptr) found[index] = dlsym(RTLD_DEFAULT, names[index]);
  return found[index];
}

}  // namespace
}  // namespace wslens::longjmp_test

void* wslens_before_call(unsigned index, std::uintptr_t caller) {
  using namespace wslens::longjmp_test;
  if (watch().note(index, caller)) except_throw(group, watch().code(), "thrown by the test");
  return real(index);
}
