// The checkout of this project that a program belongs to: where its workloads and results lie, and which commit it is at.

internal import Foundation

package struct Checkout: Sendable, Equatable {
    package let path: String

    package init(path: String) { self.path = path }

    /// The scripts say which one it is; otherwise it is the directory that the program was built in.
    package static func find(
        program: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Checkout? {
        if let told = environment["QUORATE_CHECKOUT"], isCheckout(told) { return Checkout(path: told) }
        var place = URL(fileURLWithPath: program).deletingLastPathComponent()
        while place.path != "/" {
            if isCheckout(place.path) { return Checkout(path: place.path) }
            place.deleteLastPathComponent()
        }
        return nil
    }

    private static func isCheckout(_ path: String) -> Bool {
        let files = FileManager.default
        return files.fileExists(atPath: "\(path)/Package.swift") && files.fileExists(atPath: "\(path)/workloads")
    }

    package var workloads: String { "\(path)/workloads" }
    package var results: String { "\(path)/results" }

    /// How a document names a file: from here on if it lies here, else by its name alone. A result is passed on, and the folders
    /// of the machine it comes from are nobody's business.
    package static func shown(_ file: String, from checkout: Checkout?) -> String {
        if let checkout, file.hasPrefix(checkout.path + "/") { return String(file.dropFirst(checkout.path.count + 1)) }
        return URL(fileURLWithPath: file).lastPathComponent
    }

    /// The commit that is checked out; nil where there is no repository. Read from its files: git may not be installed.
    package var commit: String? {
        guard let directory = gitDirectory, let head = line("\(directory)/HEAD") else { return nil }
        guard head.hasPrefix("ref: ") else { return head }
        let reference = head.dropFirst(5)
        // A work tree beside the main one keeps its HEAD to itself and shares the rest.
        let common = line("\(directory)/commondir").map { $0.hasPrefix("/") ? $0 : "\(directory)/\($0)" } ?? directory
        for place in [directory, common] {
            if let commit = line("\(place)/\(reference)") { return commit }
        }
        let packed = (try? String(contentsOfFile: "\(common)/packed-refs", encoding: .utf8)) ?? ""
        let entry = packed.split(separator: "\n").first { $0.hasSuffix(" \(reference)") }
        return entry?.split(separator: " ").first.map(String.init)
    }

    /// Whether tracked files differ from the commit; nil where that can't be told, for example because git is not installed.
    package var isDirty: Bool? {
        guard commit != nil else { return nil }
        let git = Process()
        git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        git.arguments = ["git", "--no-optional-locks", "-C", path, "status", "--porcelain", "--untracked-files=no"]
        let output = Pipe()
        git.standardOutput = output
        git.standardError = FileHandle.nullDevice
        guard (try? git.run()) != nil else { return nil }
        let text = output.fileHandleForReading.readDataToEndOfFile()
        git.waitUntilExit()
        return git.terminationStatus == 0 ? !text.isEmpty : nil
    }

    private var gitDirectory: String? {
        let place = "\(path)/.git"
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: place, isDirectory: &isFolder) else { return nil }
        if isFolder.boolValue { return place }
        guard let pointer = line(place), pointer.hasPrefix("gitdir: ") else { return nil }
        let target = String(pointer.dropFirst(8))
        return target.hasPrefix("/") ? target : "\(path)/\(target)"
    }

    private func line(_ file: String) -> String? {
        (try? String(contentsOfFile: file, encoding: .utf8))?.split(separator: "\n").first.map(String.init)
    }
}
