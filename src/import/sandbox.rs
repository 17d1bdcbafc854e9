//! How the decoding child gives up what it does not need, before it looks at the first byte of a report.
//!
//! Everywhere: limits on memory, CPU time, file sizes and core files. Linux adds a list of the few system calls a
//! decoder makes (reading, writing and seeking in what is open already, memory, leaving): no file can be opened, no
//! process or connection made, whatever a report does to a decoder. Landlock says the same for files where the
//! architecture has no such list here. A kernel without either still has the limits.

use rustix::process::{Resource, Rlimit, setrlimit};

/// What the child may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Bytes of memory of its own (data, not the program's text).
    pub memory: u64,
    /// Seconds of CPU time.
    pub cpu: u64,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            memory: 256 << 20,
            // A build without optimisation is many times slower; only developers run one.
            cpu: if cfg!(debug_assertions) { 60 } else { 10 },
        }
    }
}

/// Restricts this process for good. What the platform lacks is left out; what fails although it is there is an error.
///
/// # Errors
/// In words, where a limit that the platform has cannot be set.
pub fn restrict(allowance: &Allowance) -> Result<(), String> {
    let cap = |resource: Resource, value: u64| {
        let limit = Rlimit {
            current: Some(value),
            maximum: Some(value),
        };
        setrlimit(resource, limit).map_err(|e| format!("the decoder could not limit itself: {e}"))
    };
    cap(Resource::Core, 0)?;
    cap(Resource::Fsize, 0)?;
    cap(Resource::Cpu, allowance.cpu)?;
    #[cfg(target_os = "linux")]
    {
        cap(Resource::Data, allowance.memory)?;
        cap(Resource::Nproc, 0)?;
        linux::restrict()?;
    }
    Ok(())
}

#[cfg(target_os = "linux")]
mod linux {
    use landlock::{ABI, Access, AccessFs, Ruleset, RulesetAttr};
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};

    /// All that a decoder does: input and output on what is open, memory, time, leaving.
    const CALLS: &[libc::c_long] = &[
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_lseek,
        libc::SYS_close,
        libc::SYS_fstat,
        libc::SYS_statx,
        libc::SYS_mmap,
        libc::SYS_mremap,
        libc::SYS_munmap,
        libc::SYS_mprotect,
        libc::SYS_madvise,
        libc::SYS_brk,
        libc::SYS_futex,
        libc::SYS_getrandom,
        libc::SYS_clock_gettime,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_sigaltstack,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_restart_syscall,
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_tgkill,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ];

    pub fn restrict() -> Result<(), String> {
        // Best effort by design of the crate: a kernel without Landlock makes this a no-op.
        let _ = Ruleset::default()
            .handle_access(AccessFs::from_all(ABI::V1))
            .and_then(Ruleset::create)
            .and_then(landlock::RulesetCreated::restrict_self);
        let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else {
            return Ok(());
        };
        let failed = |e: &dyn std::fmt::Display| format!("the decoder could not restrict its system calls: {e}");
        let filter = SeccompFilter::new(
            CALLS.iter().map(|call| (*call, Vec::new())).collect(),
            SeccompAction::Errno(libc::EPERM as u32),
            SeccompAction::Allow,
            arch,
        )
        .map_err(|e| failed(&e))?;
        let program: BpfProgram = filter.try_into().map_err(|e: seccompiler::BackendError| failed(&e))?;
        apply_filter(&program).map_err(|e| failed(&e))
    }
}
