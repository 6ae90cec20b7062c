// The page on which a worker writes what it is about to do, before it does it: a file in shared memory, so that whatever ends the
// worker leaves the inputs to the process that watches it.
//
//   0 u64 executions   8 u64 seed   16 u32 target   20 u32 inputs of this state   24 u64 bytes of them   32 u8 under way
//   64 u64 executions of each target   2048 u64 the most bytes that an execution of each target held
//   4096 the inputs: u32 length, bytes

import Glibc

final class Notebook {
    private static let head = 4096
    private static let size = 64 << 20
    private let base: UnsafeMutableRawPointer

    /// - Parameter isNew: the file is made; otherwise it is there.
    init?(_ path: String, isNew: Bool) {
        let descriptor = open(path, O_RDWR | O_CLOEXEC | (isNew ? O_CREAT | O_TRUNC : 0), 0o600)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard ftruncate(descriptor, Notebook.size) == 0 else { return nil }
        guard let place = mmap(nil, Notebook.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), place != MAP_FAILED else {
            return nil
        }
        base = place
    }

    deinit { munmap(base, Notebook.size) }

    private func field<T>(_ offset: Int, _: T.Type) -> UnsafeMutablePointer<T> {
        (base + offset).assumingMemoryBound(to: T.self)
    }

    var executions: UInt64 {
        get { field(0, UInt64.self).pointee }
        set { field(0, UInt64.self).pointee = newValue }
    }

    var seed: UInt64 {
        get { field(8, UInt64.self).pointee }
        set { field(8, UInt64.self).pointee = newValue }
    }

    var target: UInt32 {
        get { field(16, UInt32.self).pointee }
        set { field(16, UInt32.self).pointee = newValue }
    }

    var isUnderWay: Bool {
        get { field(32, UInt8.self).pointee != 0 }
        set { field(32, UInt8.self).pointee = newValue ? 1 : 0 }
    }

    func executions(of target: Int) -> UnsafeMutablePointer<UInt64> { field(64 + 8 * target, UInt64.self) }
    func memory(of target: Int) -> UnsafeMutablePointer<UInt64> { field(2048 + 8 * target, UInt64.self) }

    private var inputCount: UnsafeMutablePointer<UInt32> { field(20, UInt32.self) }
    private var used: UnsafeMutablePointer<UInt64> { field(24, UInt64.self) }

    /// A state begins: what came before does not matter to it.
    func clear() {
        inputCount.pointee = 0
        used.pointee = 0
    }

    /// - Returns: false if the page is full; the state has to begin anew.
    func note(_ input: [UInt8]) -> Bool {
        let place = Notebook.head + Int(used.pointee)
        guard place + 4 + input.count <= Notebook.size else { return false }
        (base + place).storeBytes(of: UInt32(input.count), as: UInt32.self)
        input.withUnsafeBytes { if let from = $0.baseAddress { (base + place + 4).copyMemory(from: from, byteCount: $0.count) } }
        used.pointee += UInt64(4 + input.count)
        inputCount.pointee += 1
        return true
    }

    var inputs: [[UInt8]] {
        var place = Notebook.head
        return (0..<inputCount.pointee).map { _ in
            let count = Int((base + place).loadUnaligned(as: UInt32.self))
            defer { place += 4 + count }
            return Array(UnsafeRawBufferPointer(start: base + place + 4, count: count))
        }
    }
}
