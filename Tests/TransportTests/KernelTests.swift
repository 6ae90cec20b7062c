// The system calls that CLinux wraps do what their names say.

import CLinux
import Glibc
import Testing

@Suite("System calls")
struct KernelTests {
    @Test("a failed call returns its negative errno")
    func errors() {
        #expect(quorate_epoll_add(-1, 0, 0, 0) == -EBADF)
        #expect(quorate_fallocate(-1, 0, 0, 1) == -EBADF)
        #expect(quorate_filesystem_magic("/no/such/path") == Int64(-ENOENT))
        #expect(quorate_pin_thread(-1) == -EINVAL)
    }

    @Test("waiting counts nanoseconds and carries the tag")
    func waiting() {
        let epoll = quorate_epoll_create()
        let event = quorate_eventfd()
        defer {
            close(epoll)
            close(event)
        }
        var ready = [quorate_ready](repeating: quorate_ready(), count: 4)
        #expect(quorate_epoll_add(epoll, event, QUORATE_EPOLLIN, 0xfeed_0000_0000_0001) == 0)
        let start = quorate_monotonic_ns()
        #expect(quorate_epoll_wait(epoll, &ready, 4, 200_000) == 0)
        #expect(quorate_monotonic_ns() - start >= 200_000)
        #expect(quorate_eventfd_signal(event) == 0)
        #expect(quorate_epoll_wait(epoll, &ready, 4, -1) == 1)
        #expect(ready[0].data == 0xfeed_0000_0000_0001)
        #expect(ready[0].events == QUORATE_EPOLLIN)
        #expect(quorate_eventfd_drain(event) == 0)
        #expect(quorate_epoll_wait(epoll, &ready, 4, 0) == 0)
    }

    @Test("a timer fires at its instant")
    func timer() {
        let epoll = quorate_epoll_create()
        let timer = quorate_timerfd()
        defer {
            close(epoll)
            close(timer)
        }
        var ready = quorate_ready()
        #expect(quorate_epoll_add(epoll, timer, QUORATE_EPOLLIN, 1) == 0)
        let due = quorate_monotonic_ns() + 1_000_000
        #expect(quorate_timerfd_arm(timer, due) == 0)
        #expect(quorate_epoll_wait(epoll, &ready, 1, 5_000_000_000) == 1)
        #expect(quorate_monotonic_ns() >= due)
    }

    @Test("files are reserved, emptied and renamed")
    func files() throws {
        var template = Array("/tmp/quorate-file-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        let path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        defer {
            close(descriptor)
            unlink(path)
        }
        var info = stat()
        #expect(quorate_fallocate(descriptor, 0, 0, 1 << 20) == 0)
        fstat(descriptor, &info)
        #expect(info.st_size == 1 << 20)
        #expect(quorate_fallocate(descriptor, 1, 1 << 20, 1 << 20) == 0)
        fstat(descriptor, &info)
        #expect(info.st_size == 1 << 20)
        #expect(write(descriptor, "data", 4) == 4)
        #expect(quorate_punch_hole(descriptor, 0, 4096) == 0)
        var bytes = [UInt8](repeating: 1, count: 4)
        #expect(pread(descriptor, &bytes, 4, 0) == 4)
        #expect(bytes == [0, 0, 0, 0])
        #expect(quorate_fadvise_dontneed(descriptor, 0, 0) == 0)
        #expect(quorate_sync_file_range_write(descriptor, 0, 4096) == 0)
        #expect(quorate_rename(path, path, 1) == -EEXIST)
        #expect(quorate_filesystem_available(path) > 0)
        #expect(quorate_is_memory_filesystem("/proc") == 0)
    }

    @Test("clocks go forward and usage is counted")
    func usage() {
        let start = quorate_thread_cpu_ns()
        var sum: UInt64 = 0
        while quorate_thread_cpu_ns() - start < 2_000_000 { sum &+= 1 }
        #expect(sum > 0)
        #expect(quorate_process_cpu_ns() >= 2_000_000)
        #expect(quorate_realtime_ns() > 1_700_000_000_000_000_000)
        var process = quorate_usage()
        var thread = quorate_usage()
        #expect(quorate_process_usage(&process) == 0)
        #expect(quorate_thread_usage(&thread) == 0)
        #expect(process.max_resident_kib > 1000)
        #expect(process.user_ns + process.system_ns >= thread.user_ns + thread.system_ns)
        #expect(quorate_usable_cpus() >= 1)
        #expect(quorate_gettid() > 0)
    }
}
