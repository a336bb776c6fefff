#include "archive/sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>
#include <system_error>

#include "base/descriptor.h"

namespace guardian::archive {
namespace {

constexpr rlim_t kDescriptors = 128;
constexpr int kNiceness = 10;

// An address sanitizer maps terabytes.
#ifdef __SANITIZE_ADDRESS__
constexpr bool kMayLimitMemory = false;
#else
constexpr bool kMayLimitMemory = true;
#endif

tl::unexpected<Error> refused(const char* what, int code) {
  const auto reason = std::system_category().message(code);
  return fail(Error::Kind::model, what,
              {fmt::format("分析プロセスを隔離できません ({})", reason),
               fmt::format("the analysing process cannot be confined ({})", reason)},
              {"カーネルの seccomp を有効にしてください", "Enable seccomp in the kernel"});
}

bool limit(__rlimit_resource_t resource, rlim_t most) {
  rlimit now{};
  if (::getrlimit(resource, &now) != 0) return false;
  const rlimit wanted{std::min(most, now.rlim_max), std::min(most, now.rlim_max)};
  return ::setrlimit(resource, &wanted) == 0;
}

struct FilterRelease {
  void operator()(void* filter) const { seccomp_release(filter); }
};

/// Calls that are never needed again. Threads may still be made, processes not.
constexpr int kForbidden[] = {SCMP_SYS(socket),
                              SCMP_SYS(socketpair),
                              SCMP_SYS(connect),
                              SCMP_SYS(bind),
                              SCMP_SYS(listen),
                              SCMP_SYS(accept),
                              SCMP_SYS(accept4),
                              SCMP_SYS(execve),
                              SCMP_SYS(execveat),
                              SCMP_SYS(fork),
                              SCMP_SYS(vfork),
                              SCMP_SYS(ptrace),
                              SCMP_SYS(process_vm_readv),
                              SCMP_SYS(process_vm_writev),
                              SCMP_SYS(kill),
                              SCMP_SYS(pidfd_open),
                              SCMP_SYS(pidfd_getfd),
                              SCMP_SYS(pidfd_send_signal),
                              SCMP_SYS(mount),
                              SCMP_SYS(umount2),
                              SCMP_SYS(pivot_root),
                              SCMP_SYS(chroot),
                              SCMP_SYS(unshare),
                              SCMP_SYS(setns),
                              SCMP_SYS(bpf),
                              SCMP_SYS(perf_event_open),
                              SCMP_SYS(userfaultfd),
                              SCMP_SYS(add_key),
                              SCMP_SYS(keyctl),
                              SCMP_SYS(request_key),
                              SCMP_SYS(io_uring_setup),
                              SCMP_SYS(open_by_handle_at),
                              SCMP_SYS(init_module),
                              SCMP_SYS(finit_module),
                              SCMP_SYS(kexec_load),
                              SCMP_SYS(reboot),
                              SCMP_SYS(creat),
                              SCMP_SYS(truncate),
                              SCMP_SYS(ftruncate),
                              SCMP_SYS(rename),
                              SCMP_SYS(renameat),
                              SCMP_SYS(renameat2),
                              SCMP_SYS(unlink),
                              SCMP_SYS(unlinkat),
                              SCMP_SYS(rmdir),
                              SCMP_SYS(mkdir),
                              SCMP_SYS(mkdirat),
                              SCMP_SYS(mknod),
                              SCMP_SYS(mknodat),
                              SCMP_SYS(link),
                              SCMP_SYS(linkat),
                              SCMP_SYS(symlink),
                              SCMP_SYS(symlinkat),
                              SCMP_SYS(chmod),
                              SCMP_SYS(fchmod),
                              SCMP_SYS(fchmodat),
                              SCMP_SYS(chown),
                              SCMP_SYS(fchown),
                              SCMP_SYS(fchownat),
                              SCMP_SYS(lchown)};

int forbid_writing(scmp_filter_ctx filter) {
  for (const auto mode : {scmp_datum_t{O_WRONLY}, scmp_datum_t{O_RDWR}}) {
    if (const int code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat), 1,
                                          scmp_arg_cmp{2, SCMP_CMP_MASKED_EQ, O_ACCMODE, mode});
        code != 0)
      return code;
    if (const int code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(open), 1,
                                          scmp_arg_cmp{1, SCMP_CMP_MASKED_EQ, O_ACCMODE, mode});
        code != 0)
      return code;
  }
  // Their flags lie in memory, where a filter cannot look; glibc falls back to the calls above.
  for (const int call : {SCMP_SYS(openat2), SCMP_SYS(clone3)})
    if (const int code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call, 0); code != 0) return code;
  return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                          scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0});
}

}  // namespace

Result<void> limit_process(const SandboxLimits& limits) {
  if (const Descriptor score(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)); score.valid())
    write_all(score.get(), "1000");
  const pid_t parent = ::getppid();
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) return refused("prctl", errno);
  if (::prctl(PR_SET_DUMPABLE, 0) != 0 || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return refused("prctl", errno);
  std::signal(SIGXFSZ, SIG_IGN);  // writing fails instead
  if (!limit(RLIMIT_CORE, 0) || !limit(RLIMIT_FSIZE, 0) || !limit(RLIMIT_NOFILE, kDescriptors))
    return refused("setrlimit", errno);
  if (kMayLimitMemory && !limit(RLIMIT_AS, limits.memory_bytes)) return refused("setrlimit", errno);
  ::setpriority(PRIO_PROCESS, 0, kNiceness);
  return {};
}

Result<void> close_sandbox() {
  const std::unique_ptr<void, FilterRelease> filter(seccomp_init(SCMP_ACT_ALLOW));
  if (filter == nullptr) return refused("seccomp", ENOMEM);
  // The recogniser's threads exist already.
  int code = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1);
  for (const int call : kForbidden)
    if (code == 0) code = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), call, 0);
  if (code == 0) code = forbid_writing(filter.get());
  if (code == 0) code = seccomp_load(filter.get());
  if (code != 0) return refused("seccomp", -code);
  return {};
}

void limit_processor_time(std::uint64_t seconds) {
  rusage used{};
  rlimit now{};
  if (::getrusage(RUSAGE_SELF, &used) != 0 || ::getrlimit(RLIMIT_CPU, &now) != 0) return;
  const auto so_far = static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec);
  now.rlim_cur = std::min<rlim_t>(so_far + seconds, now.rlim_max);
  ::setrlimit(RLIMIT_CPU, &now);
}

}  // namespace guardian::archive
