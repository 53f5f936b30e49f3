package org.sterna.launcher.internal.control;

/**
 * Who may use a control socket on TCP. For a Unix domain socket the permissions of its file and folder say that.
 *
 * @param token  what every client must know
 * @param remote whether it may be reached from other hosts
 */
public record TcpAccess(ControlToken token, boolean remote) {
}
