// A trace as a file, which is our own format or the request log of another tool; which of the two is seen by its first line.

import Foundation

extension Trace {
    /// A larger one would not be read in reasonable time.
    private static let bytesMax = 1 << 30

    /// Reads a trace, or a log with keeper-bench's columns.
    package init(file: String) throws(WorkloadError) {
        try self.init(bytes: try Self.bytes(of: file), file: file)
    }

    /// The same of what stands in a file; `file` is its name in complaints.
    package init(bytes: [UInt8], file: String) throws(WorkloadError) {
        if TraceReader.isTrace(bytes) {
            do throws(TraceDamage) {
                self = try TraceReader.read(bytes)
            } catch {
                throw WorkloadError(file: file, place: nil, error.sentence)
            }
        } else if RequestLog.isLog(bytes) {
            self = try RequestLog.read(bytes, file: file)
        } else {
            throw WorkloadError(
                file: file, place: nil,
                "is no trace: it begins neither with '\(TraceFormat.title)' nor with a line of column names such as "
                    + "\(RequestLog.someColumns); record one with quorate load --record FILE")
        }
        guard !operations.isEmpty else {
            throw WorkloadError(file: file, place: nil, "holds no operation, so there is nothing to play; record a longer run")
        }
    }

    private static func bytes(of file: String) throws(WorkloadError) -> [UInt8] {
        func complaint(_ code: Int32) -> WorkloadError {
            WorkloadError(
                file: file, place: nil, "can not be read: \(String(cString: strerror(code))); give the path of a trace")
        }
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw complaint(errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(descriptor, &piece, piece.count)
            if count == 0 { return bytes }
            guard count > 0 || errno == EINTR else { throw complaint(errno) }
            bytes += piece[..<max(0, count)]
            guard bytes.count <= bytesMax else {
                throw WorkloadError(file: file, place: nil, "is larger than 1 GiB, which is the most; record a shorter run")
            }
        }
    }
}
