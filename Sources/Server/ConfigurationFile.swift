// Opens the configuration's files and hands their text to the reader: the only place of the configuration that touches a disk.

import Glibc

extension ServerConfiguration {
    /// Reads `zoo.cfg` and the `myid` beside its data. With `strict` a key that nobody knows is an error and not a warning.
    public init(path: String, strict: Bool = false) throws(ConfigurationError) {
        switch ConfigurationSource(path: path) {
        case .text(let text):
            self = try Self.reading(text, file: path, strict: strict, open: ConfigurationSource.init(path:))
        case .missing:
            throw ConfigurationError([
                ConfigurationProblem(
                    file: path, line: 0, "There is no such file.", remedy: "Name a zoo.cfg: quorate serve --config FILE")
            ])
        case .unreadable(let why), .unsuitable(let why):
            throw ConfigurationError([
                ConfigurationProblem(
                    file: path, line: 0, "The file can't be read: \(why).", remedy: "Mend that, or name another file.")
            ])
        }
    }

    /// Reads a configuration from text; `open` stands for the disk.
    package static func reading(
        _ text: String, file: String, strict: Bool = false, open: @escaping (String) -> ConfigurationSource
    ) throws(ConfigurationError) -> ServerConfiguration {
        var reader = ConfigurationReader(file: file, strict: strict, open: open)
        reader.read(text)
        return try reader.assemble()
    }
}

extension ConfigurationSource {
    /// No configuration is larger; whatever is, was named by mistake.
    private static let largestFile = 1 << 20

    package init(path: String) {
        // Not to wait for a writer: what is no plain file is refused as soon as it can be asked.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            self = errno == ENOENT ? .missing : .unreadable(String(cString: strerror(errno)))
            return
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            self = .unreadable("it is no plain file")
            return
        }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &piece, piece.count)
            if count < 0 {
                if errno == EINTR { continue }
                self = .unreadable(String(cString: strerror(errno)))
                return
            }
            if count == 0 { break }
            bytes += piece[..<count]
            if bytes.count > Self.largestFile {
                self = .unsuitable("it is larger than 1 MiB")
                return
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            self = .unsuitable("it is not UTF-8 text")
            return
        }
        self = .text(text)
    }
}
