import Codecs
import Glibc

/// Debian's libchafa through its C functions, on one thread, with full colour and its default work factor of 0.5.
final class Chafa {
    /// Its symbol classes (chafa-symbol-map.h).
    struct Symbols: OptionSet {
        let rawValue: Int32
        static let space = Symbols(rawValue: 1)
        static let block = Symbols(rawValue: 8)
        static let border = Symbols(rawValue: 16)
    }

    private typealias Pointer = UnsafeMutableRawPointer
    private typealias New = @convention(c) () -> Pointer?
    private typealias Use = @convention(c) (Pointer?) -> Void
    private typealias SetNumber = @convention(c) (Pointer?, Int32) -> Void
    private typealias SetFloat = @convention(c) (Pointer?, Float) -> Void
    private typealias SetSize = @convention(c) (Pointer?, Int32, Int32) -> Void
    private typealias SetPointer = @convention(c) (Pointer?, Pointer?) -> Void
    private typealias NewFrom = @convention(c) (Pointer?) -> Pointer?
    private typealias Draw = @convention(c) (Pointer?, Int32, UnsafePointer<UInt8>?, Int32, Int32, Int32) -> Void
    private typealias Print = @convention(c) (Pointer?, Pointer?) -> Pointer?
    private typealias Free = @convention(c) (Pointer?, Int32) -> Pointer?
    private typealias Threads = @convention(c) (Int32) -> Void

    /// GLib's GString.
    private struct Text {
        var bytes: UnsafeMutablePointer<UInt8>?
        var count: Int
        var capacity: Int
    }

    private let library: Pointer
    private let canvas: Pointer?
    private let terminal: Pointer?
    private let draw: Draw
    private let print: Print
    private let free: Free

    /// - Returns: nil if Debian's package libchafa0 is not there.
    init?(columns: Int, rows: Int, symbols: Symbols) {
        guard let library = dlopen("libchafa.so.0", RTLD_NOW) else { return nil }
        self.library = library
        func function<Function>(_ name: String, as type: Function.Type) -> Function? {
            dlsym(library, name).map { unsafeBitCast($0, to: type) }
        }
        guard let newMap = function("chafa_symbol_map_new", as: New.self),
            let addTags = function("chafa_symbol_map_add_by_tags", as: SetNumber.self),
            let newConfiguration = function("chafa_canvas_config_new", as: New.self),
            let setGeometry = function("chafa_canvas_config_set_geometry", as: SetSize.self),
            let setMode = function("chafa_canvas_config_set_canvas_mode", as: SetNumber.self),
            let setMap = function("chafa_canvas_config_set_symbol_map", as: SetPointer.self),
            let setWork = function("chafa_canvas_config_set_work_factor", as: SetFloat.self),
            let newCanvas = function("chafa_canvas_new", as: NewFrom.self),
            let database = function("chafa_term_db_get_default", as: New.self),
            let fallback = function("chafa_term_db_get_fallback_info", as: NewFrom.self),
            let threads = function("chafa_set_n_threads", as: Threads.self),
            let draw = function("chafa_canvas_draw_all_pixels", as: Draw.self),
            let print = function("chafa_canvas_print", as: Print.self), let free = function("g_string_free", as: Free.self)
        else { return nil }
        threads(1)
        let map = newMap()
        addTags(map, symbols.rawValue)
        let configuration = newConfiguration()
        setGeometry(configuration, Int32(columns), Int32(rows))
        setMode(configuration, 0)  // full colour
        setMap(configuration, map)
        setWork(configuration, 0.5)
        canvas = newCanvas(configuration)
        terminal = fallback(database())
        self.draw = draw
        self.print = print
        self.free = free
    }

    /// Draws a picture of 3 bytes a pixel.
    ///
    /// - Returns: what it prints, rows separated by newlines.
    func drawn(_ rgb: [UInt8], width: Int, height: Int) -> [UInt8] {
        draw(canvas, 8, rgb, Int32(width), Int32(height), Int32(width * 3))  // CHAFA_PIXEL_RGB8
        guard let text = print(canvas, terminal) else { return [] }
        defer { _ = free(text, 1) }
        let string = text.load(as: Text.self)
        return Array(UnsafeBufferPointer(start: string.bytes, count: string.count))
    }
}
