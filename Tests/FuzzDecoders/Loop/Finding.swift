// A file that makes a finding again: which target, and the inputs of one state in order. Its first line is text.

import Foundation

struct Finding {
    var target: String
    var inputs: [[UInt8]]

    private static let mark = "quorate-fuzz 1 "

    var bytes: [UInt8] {
        var bytes = Array("\(Finding.mark)\(target)\n".utf8)
        for input in inputs {
            withUnsafeBytes(of: UInt32(input.count).littleEndian) { bytes += $0 }
            bytes += input
        }
        return bytes
    }

    init(target: String, inputs: [[UInt8]]) {
        self.target = target
        self.inputs = inputs
    }

    /// nil for bytes that are no such file.
    init?(_ bytes: [UInt8]) {
        guard let end = bytes.firstIndex(of: 10) else { return nil }
        let line = String(decoding: bytes[..<end], as: UTF8.self)
        guard line.hasPrefix(Finding.mark) else { return nil }
        target = String(line.dropFirst(Finding.mark.count))
        inputs = []
        var place = end + 1
        while place < bytes.count {
            let count = Int(bytes.little(UInt32.self, at: place))
            guard place + 4 <= bytes.count, count <= bytes.count - place - 4 else { return nil }
            inputs.append(Array(bytes[place + 4..<place + 4 + count]))
            place += 4 + count
        }
    }

    func write(to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    init?(path: String) {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        self.init([UInt8](data))
    }
}
