// Reads what kind of machine this is: what a reader of a result needs to tell two machines apart.

import CLinux
import Ensemble
import Foundation
package import Results

package enum EnvironmentProbe {
    /// - Parameter path: a directory on the file system of the members' data.
    package static func read(at path: String) -> ResultEnvironment {
        let mount = mount(of: path)
        let isInMemory = ["tmpfs", "ramfs", "devtmpfs"].contains(mount?.kind ?? "")
        var environment = ResultEnvironment(
            cpus: Int(quorate_usable_cpus()),
            filesystem: ResultFilesystem(
                kind: mount?.kind, device: mount?.device, options: mount?.options, inMemory: isInMemory,
                availableBytes: UInt64(clamping: quorate_filesystem_available(path))))
        environment.operatingSystem = value("PRETTY_NAME", in: "/etc/os-release", separator: "=")
        environment.kernel = text("/proc/sys/kernel/osrelease")
        environment.cpuModel = value("model name", in: "/proc/cpuinfo", separator: ":")
        environment.memoryBytes = kibibytes("MemTotal")
        environment.memoryAvailableBytes = kibibytes("MemAvailable")
        environment.governor = text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
        environment.loadAverage = text("/proc/loadavg")?.split(separator: " ").first.flatMap { Double($0) }
        return environment
    }

    private static func text(_ path: String) -> String? {
        (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func value(_ key: String, in path: String, separator: Character) -> String? {
        for line in (text(path) ?? "").split(separator: "\n") {
            guard let place = line.firstIndex(of: separator) else { continue }
            guard line[..<place].trimmingCharacters(in: .whitespaces) == key else { continue }
            return line[line.index(after: place)...].trimmingCharacters(in: CharacterSet(charactersIn: " \""))
        }
        return nil
    }

    private static func kibibytes(_ key: String) -> UInt64? {
        value(key, in: "/proc/meminfo", separator: ":")?.split(separator: " ").first.flatMap { UInt64($0) }.map { $0 * 1024 }
    }

    /// The mount whose point is the longest head of the path.
    private static func mount(of path: String) -> (kind: String, device: String, options: String)? {
        let place = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        var best: (length: Int, kind: String, device: String, options: String)?
        for line in (text("/proc/self/mounts") ?? "").split(separator: "\n") {
            let fields = line.split(separator: " ").map(String.init)
            guard fields.count >= 4 else { continue }
            let point = fields[1]
            guard place == point || place.hasPrefix(point == "/" ? "/" : point + "/") else { continue }
            if point.count >= best?.length ?? 0 { best = (point.count, fields[2], fields[0], fields[3]) }
        }
        return best.map { ($0.kind, $0.device, $0.options) }
    }
}
