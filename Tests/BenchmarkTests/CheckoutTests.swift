// The checkout of a program is found, and its commit in each of the ways in which git keeps it.

import Benchmark
import Foundation
import Testing

@Suite struct CheckoutTests {
    private let place = FileManager.default.temporaryDirectory.path + "/quorate-checkout-\(UInt64.random(in: 0...UInt64.max))"

    private func write(_ text: String, to name: String) throws {
        let file = URL(fileURLWithPath: "\(place)/\(name)")
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
    }

    private func make() throws {
        try write("", to: "Package.swift")
        try write("", to: "workloads/write-only.yaml")
    }

    private func remove() { try? FileManager.default.removeItem(atPath: place) }

    @Test func itIsAboveTheProgramOrWhereTheScriptsSay() throws {
        try make()
        defer { remove() }
        let found = Checkout.find(program: "\(place)/.build/release/quorate", environment: [:])
        #expect(found?.results == "\(place)/results")
        #expect(found?.commit == nil)
        #expect(Checkout.find(program: "/usr/bin/quorate", environment: [:]) == nil)
        #expect(Checkout.find(program: "/usr/bin/quorate", environment: ["QUORATE_CHECKOUT": place])?.path == place)
        #expect(Checkout.find(program: "/usr/bin/quorate", environment: ["QUORATE_CHECKOUT": "/nowhere"]) == nil)
    }

    @Test func aFileIsNamedFromTheCheckoutOrByItsNameAlone() {
        let checkout = Checkout(path: "/somewhere/quorate")
        #expect(Checkout.shown("/somewhere/quorate/.build/release/quorate", from: checkout) == ".build/release/quorate")
        #expect(Checkout.shown("/somewhere/quorate-2/quorate", from: checkout) == "quorate")
        #expect(Checkout.shown("/usr/bin/quorate", from: nil) == "quorate")
    }

    @Test func theCommitIsFoundInEveryForm() throws {
        try make()
        defer { remove() }
        let checkout = try #require(Checkout.find(program: "\(place)/x", environment: [:]))
        try write("1111\n", to: ".git/HEAD")
        #expect(checkout.commit == "1111")
        try write("ref: refs/heads/main\n", to: ".git/HEAD")
        try write("# pack-refs\n2222 refs/heads/main\n3333 refs/heads/other\n", to: ".git/packed-refs")
        #expect(checkout.commit == "2222")
        try write("4444\n", to: ".git/refs/heads/main")
        #expect(checkout.commit == "4444")
        try FileManager.default.moveItem(atPath: "\(place)/.git", toPath: "\(place)/main.git")
        try write("gitdir: main.git/worktrees/side\n", to: ".git")
        try write("ref: refs/heads/side\n", to: "main.git/worktrees/side/HEAD")
        try write("../..\n", to: "main.git/worktrees/side/commondir")
        try write("5555\n", to: "main.git/refs/heads/side")
        #expect(checkout.commit == "5555")
    }
}
